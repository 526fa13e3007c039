namespace DistTrain.Recipes;

/// <summary>Which statistics BatchNorm uses in evaluation, and which a saved model has.</summary>
public static class BatchNormEvaluations
{
    /// <summary>Averages that run along with training (1502.03167).</summary>
    public const string Running = "running";

    /// <summary>Those of the last step over all ranks, without moving averages (Akiba, Suzuki, Fukuda 2017, 1711.04325, section 3).</summary>
    public const string Last = "last";

    /// <summary>Those of the evaluated weights over the training data, taken anew before each evaluation.</summary>
    public const string Recompute = "recompute";

    public static IReadOnlyList<string> All { get; } = [Running, Last, Recompute];
}
