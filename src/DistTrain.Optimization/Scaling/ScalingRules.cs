namespace DistTrain.Optimization.Scaling;

/// <summary>The rules of batch scaling by the names of the job file. The closed list: a new rule is named here first.</summary>
public static class ScalingRules
{
    /// <summary>The rate as given, whatever the batch.</summary>
    public const string None = "none";

    /// <summary>The rate grows as the batch (1706.02677).</summary>
    public const string Linear = "linear";

    /// <summary>The rate grows as the root of the batch (1904.00962).</summary>
    public const string Sqrt = "sqrt";

    /// <summary>As <see cref="Sqrt"/>, and the warm-up's epochs grow as the batch (1901.08256).</summary>
    public const string Legw = "legw";

    /// <summary>Each step's rate is multiplied by the measured gain, between 1 and the number of ranks (2007.05105).</summary>
    public const string AdaScale = "adascale";

    public static IReadOnlyList<string> All { get; } = [None, Linear, Sqrt, Legw, AdaScale];
}
