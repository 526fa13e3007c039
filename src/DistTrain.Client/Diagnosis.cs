namespace DistTrain.Client;

/// <summary>What a probe of the loss landscape has found, in short; all of it is in its <c>findings.json</c>.</summary>
public sealed record Diagnosis
{
    /// <summary>minimum, saddle, maximum, plateau, not-critical or undecided.</summary>
    public string Verdict { get; init; } = "";

    /// <summary>The verdict in words, with what it rests on.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Mean over the probe's examples.</summary>
    public double Loss { get; init; }

    /// <summary>Share of them that the weights get right, 0..1; 0 of regression.</summary>
    public double Accuracy { get; init; }

    /// <summary>1 − Σe²/Σ(y − ȳ)² over them, of regression; null of other tasks.</summary>
    public double? RSquared { get; init; }

    /// <summary>Of the mean gradient over them.</summary>
    public double GradientNorm { get; init; }

    /// <summary>The largest eigenvalue of the Hessian.</summary>
    public double LambdaMax { get; init; }

    /// <summary>The smallest.</summary>
    public double LambdaMin { get; init; }

    /// <summary>Share of the eigenvalues above the tolerance, the minimum ratio, 0..1; null where it was not asked for.</summary>
    public double? Positive { get; init; }

    /// <summary>Share below minus the tolerance; null with it.</summary>
    public double? Negative { get; init; }

    /// <summary>Sum of all eigenvalues; null where it was not asked for.</summary>
    public double? Trace { get; init; }

    /// <summary>Of all results, in hexadecimal: equal when every bit of them is.</summary>
    public string Sha256 { get; init; } = "";
}
