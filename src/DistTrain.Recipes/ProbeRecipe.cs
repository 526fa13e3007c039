using DistTrain.Optimization.Landscape;

namespace DistTrain.Recipes;

/// <summary>What a landscape probe looks at and what it is to find: the <c>spec</c> of a job of kind LandscapeProbe.</summary>
public sealed record ProbeRecipe
{
    public required ProbedWeights Weights { get; init; }

    /// <summary>train or test: the set that the examples are of.</summary>
    public required string Data { get; init; }

    /// <summary>How many of them the loss is over; 0: all. Null: a thousand, or all where there are fewer.</summary>
    public required int? Examples { get; init; }

    /// <summary>evaluation or training: of norms and dropout.</summary>
    public required string Mode { get; init; }

    /// <summary>float32 or float64: of directions, gradients and products, from end to end.</summary>
    public required string Precision { get; init; }

    /// <summary>Eigenvalues at either end of the spectrum.</summary>
    public required int Top { get; init; }

    /// <summary>Most products for the ends.</summary>
    public required int Steps { get; init; }

    /// <summary>Random directions of the quadrature.</summary>
    public required int Directions { get; init; }

    /// <summary>Products of each of them.</summary>
    public required int DirectionSteps { get; init; }

    /// <summary>Of random directions, and of which examples are taken.</summary>
    public required long Seed { get; init; }

    /// <summary>Largest gradient norm of a critical point.</summary>
    public required double GradientTolerance { get; init; }

    /// <summary>What counts as 0, as a share of the largest eigenvalue's amount.</summary>
    public required double CurvatureTolerance { get; init; }

    /// <summary>ε of the boxes in which the loss is looked for at its highest; 0: it is not.</summary>
    public required double Sharpness { get; init; }

    /// <summary>ρ of the adaptive one.</summary>
    public required double Rho { get; init; }

    /// <summary>Dimensions of the random subspace; 0: it is left out.</summary>
    public required int Subspace { get; init; }

    /// <summary>Losses with their gradients that a box gets.</summary>
    public required int Passes { get; init; }

    /// <summary>Numbers are float64.</summary>
    public bool IsWide => Precision == ProbeChoices.Float64;

    /// <summary>float32 that an element of its vectors takes.</summary>
    public int Width => IsWide ? 2 : 1;

    /// <summary>What is to be found out.</summary>
    public CurvaturePlan Plan => new(
        new LanczosGoal(Steps, Largest: Top, Smallest: Top),
        new CriticalPointTolerances(GradientTolerance, CurvatureTolerance),
        Directions,
        DirectionSteps,
        Seed,
        Sharpness: Sharpness > 0 ? new SharpnessPlan(Sharpness, Rho, Subspace, Passes, Seed) : null);

    /// <summary>How many of so many examples the loss is over.</summary>
    public int Of(int examples) => Examples switch
    {
        null => Math.Min(ProbeChoices.DefaultExamples, examples),
        0 => examples,
        { } some => some,
    };
}

/// <summary>The weights that a probe looks at: of a job of the cluster, or where the servers can read them.</summary>
/// <param name="Job">Id of the job; null: <paramref name="Path"/> says it.</param>
/// <param name="Step">Of its checkpoint; null: the newest.</param>
/// <param name="Path">A run's folder, a <c>step-N</c> folder in it or a model file, as the servers see it; null: <paramref name="Job"/> says it.</param>
public sealed record ProbedWeights(string? Job, long? Step, string? Path)
{
    public override string ToString() => Path ?? (Step is { } step ? $"step {step} of job '{Job}'" : $"job '{Job}'");
}

/// <summary>Words of a probe.</summary>
public static class ProbeChoices
{
    public const string Train = "train";

    public const string Test = "test";

    public const string Evaluation = "evaluation";

    public const string Training = "training";

    public const string Float32 = "float32";

    public const string Float64 = "float64";

    /// <summary>Examples where nobody says how many.</summary>
    public const int DefaultExamples = 1000;
}
