namespace DistTrain.Client;

/// <summary>What a task tells of examples beside loss and accuracy. Null: it does not tell that.</summary>
public sealed record Measures
{
    /// <summary>Of regression, which has no accuracy: 1 − Σe²/Σ(y − ȳ)², ȳ being the mean over the whole set.</summary>
    public double? RSquared { get; init; }

    /// <summary>Of regression: the mean |e|, in units of the label.</summary>
    public double? MeanAbsoluteError { get; init; }

    /// <summary>Of classification with topK above 1: share of the examples whose class is among so many highest scores, 0..1.</summary>
    public double? TopAccuracy { get; init; }
}
