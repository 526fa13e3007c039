namespace DistTrain.Operator.Resources;

/// <summary>What is known of a job in figures; null: nothing yet, or nothing of a job of its kind. <see cref="ResourceKind.Figures"/> says which kind has which.</summary>
public record JobFigures
{
    /// <summary>Committed steps; a probe's are its products and the gradient before them.</summary>
    public long? Step { get; init; }

    public long? TotalSteps { get; init; }

    /// <summary>Mean training loss of the last committed step; of a completed job, of its last epoch. Of a probe: over its examples.</summary>
    public double? Loss { get; init; }

    /// <summary>Share of the test set that the newest evaluation found right, 0..1. Of a probe: of its examples.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Of the final parameters and buffers. Of a probe: of those that it looked at.</summary>
    public string? WeightsSha256 { get; init; }

    /// <summary>Saddle or minimum, in one word.</summary>
    public string? Verdict { get; init; }

    /// <summary>The largest eigenvalue, as far as it is known.</summary>
    public double? LambdaMax { get; init; }

    /// <summary>The smallest.</summary>
    public double? LambdaMin { get; init; }

    /// <summary>Of the mean gradient over a probe's examples.</summary>
    public double? GradientNorm { get; init; }

    /// <summary>Share of the eigenvalues above the tolerance, 0..1.</summary>
    public double? Positive { get; init; }

    /// <summary>Share below minus the tolerance.</summary>
    public double? Negative { get; init; }

    /// <summary>Sum of all eigenvalues.</summary>
    public double? Trace { get; init; }

    /// <summary>Of all that a probe has found.</summary>
    public string? FindingsSha256 { get; init; }
}
