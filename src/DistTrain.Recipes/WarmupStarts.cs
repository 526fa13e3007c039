namespace DistTrain.Recipes;

/// <summary>Where the warm-up of a scaled rate starts.</summary>
public static class WarmupStarts
{
    /// <summary>Where the schedule says: by default at zero.</summary>
    public const string Zero = "zero";

    /// <summary>At the rate before scaling.</summary>
    public const string Reference = "reference";

    public static IReadOnlyList<string> All { get; } = [Zero, Reference];
}
