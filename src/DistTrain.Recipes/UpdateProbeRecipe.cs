namespace DistTrain.Recipes;

/// <summary>What is measured of the landscape while a job trains; no bit of its weights depends on it.</summary>
/// <param name="EverySteps">Steps between two measurements; 0: never.</param>
/// <param name="What">One of <see cref="UpdateProbes"/>.</param>
public sealed record UpdateProbeRecipe(int EverySteps, string What)
{
    /// <summary>The update that makes a version is probed.</summary>
    public bool IsDue(long version) => EverySteps > 0 && version % EverySteps == 0;
}

/// <summary>What can be measured along an update.</summary>
public static class UpdateProbes
{
    /// <summary>Critical sharpness (2601.16979).</summary>
    public const string CriticalSharpness = "critical-sharpness";

    public static IReadOnlyList<string> All { get; } = [CriticalSharpness];
}
