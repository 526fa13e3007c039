namespace DistTrain.Client;

/// <summary>The loss along the update that made a version (2601.16979), over the examples of its step, in evaluation mode.</summary>
public sealed record ProbeMetrics : JobEvent
{
    /// <summary>Number of the version.</summary>
    public long Step { get; init; }

    /// <summary>Epochs done, fractional.</summary>
    public double Epoch { get; init; }

    /// <summary>2 over the smallest rate at which the update would raise the loss; null where its bracket is open at an end.</summary>
    public double? CriticalSharpness { get; init; }

    /// <summary>It is not below; 0 where nothing is known.</summary>
    public double Low { get; init; }

    /// <summary>It is not above; null where nothing is known.</summary>
    public double? High { get; init; }

    /// <summary>2 over the step's rate: training is at the edge of stability where the two meet.</summary>
    public double Edge { get; init; }

    /// <summary>Mean loss at the weights before the update.</summary>
    public double Loss { get; init; }

    /// <summary>Forward passes.</summary>
    public int Passes { get; init; }
}
