namespace DistTrain.Client;

/// <summary>The test set at the weights after a step.</summary>
public sealed record EvaluationMetrics : JobEvent
{
    /// <summary>Number of the version.</summary>
    public long Step { get; init; }

    /// <summary>Epochs done, fractional.</summary>
    public double Epoch { get; init; }

    /// <summary>Mean over the test set.</summary>
    public double Loss { get; init; }

    /// <summary>Share of the test set, 0..1.</summary>
    public double Accuracy { get; init; }

    /// <summary>Size of the test set.</summary>
    public int Examples { get; init; }
}
