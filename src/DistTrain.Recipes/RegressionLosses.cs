namespace DistTrain.Recipes;

/// <summary>What a wrong number costs, by the names of the job file.</summary>
public static class RegressionLosses
{
    /// <summary>e².</summary>
    public const string Squared = "squared";

    /// <summary>e²/2 up to δ, beyond it a line of slope δ (Huber 1964).</summary>
    public const string Huber = "huber";

    public static IReadOnlyList<string> All { get; } = [Squared, Huber];
}
