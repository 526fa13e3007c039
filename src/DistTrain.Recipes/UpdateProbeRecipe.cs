namespace DistTrain.Recipes;

/// <summary>What is measured of the landscape while a job trains; no bit of its weights depends on it.</summary>
/// <param name="EverySteps">Steps between two measurements; 0: never.</param>
/// <param name="What">One of <see cref="UpdateProbes"/>.</param>
public sealed record UpdateProbeRecipe(int EverySteps, string What)
{
    public const int DefaultProducts = 20;

    /// <summary>Of curvature: how many training examples the loss is over, or all where there are fewer.</summary>
    public int Examples { get; init; } = ProbeChoices.DefaultExamples;

    /// <summary>Of curvature: most Hessian-vector products.</summary>
    public int Products { get; init; } = DefaultProducts;

    /// <summary>Both ends of the spectrum are measured.</summary>
    public bool IsCurvature => What == UpdateProbes.Curvature;

    /// <summary>Loss and gradient are measured along the step's gradient.</summary>
    public bool IsSmoothness => What == UpdateProbes.Smoothness;

    /// <summary>The update that makes a version is probed.</summary>
    public bool IsDue(long version) => EverySteps > 0 && version % EverySteps == 0;
}

/// <summary>What can be measured of an update.</summary>
public static class UpdateProbes
{
    /// <summary>Critical sharpness along it (2601.16979).</summary>
    public const string CriticalSharpness = "critical-sharpness";

    /// <summary>λ_max and λ_min of the Hessian where it ends.</summary>
    public const string Curvature = "curvature";

    /// <summary>How loss and gradient change along the gradient of its step (1805.11604).</summary>
    public const string Smoothness = "smoothness";

    public static IReadOnlyList<string> All { get; } = [CriticalSharpness, Curvature, Smoothness];
}
