namespace DistTrain.Client;

/// <summary>A set of examples at the weights after a step.</summary>
public abstract record SetMetrics : JobEvent
{
    private protected SetMetrics()
    {
    }

    /// <summary>Number of the version.</summary>
    public long Step { get; init; }

    /// <summary>Epochs done, fractional.</summary>
    public double Epoch { get; init; }

    /// <summary>Mean over the set.</summary>
    public double Loss { get; init; }

    /// <summary>Share of the set, 0..1; 0 of regression.</summary>
    public double Accuracy { get; init; }

    /// <summary>What the task tells beside it; null: nothing.</summary>
    public Measures? Measures { get; init; }

    /// <summary>Size of the set.</summary>
    public int Examples { get; init; }
}
