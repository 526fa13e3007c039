namespace DistTrain.Recipes;

/// <summary>What becomes of a job in which a step's numbers are wrong: not finite, or far out of what they were.</summary>
public static class NumericsPolicies
{
    /// <summary>The job fails, and says why.</summary>
    public const string Stop = "stop";

    /// <summary>The step makes no update; its examples are passed over.</summary>
    public const string SkipStep = "skip-step";

    /// <summary>
    /// Training goes on from the checkpoint before the step, and the examples from there to the step are passed over
    /// (Chowdhery et al. 2022, PaLM, 2204.02311, section 5.1).
    /// </summary>
    public const string Rollback = "rollback";

    public static IReadOnlyList<string> All { get; } = [Stop, SkipStep, Rollback];
}
