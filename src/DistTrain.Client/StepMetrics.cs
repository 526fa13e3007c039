namespace DistTrain.Client;

/// <summary>A committed step.</summary>
public sealed record StepMetrics : JobEvent
{
    /// <summary>Number of the committed version: 1 after the first update.</summary>
    public long Step { get; init; }

    /// <summary>Epochs done after this step, fractional.</summary>
    public double Epoch { get; init; }

    /// <summary>Mean over the step's examples, at the weights before the update.</summary>
    public double Loss { get; init; }

    /// <summary>Share of the step's examples, 0..1, at the weights before the update; 0 of regression.</summary>
    public double Accuracy { get; init; }

    /// <summary>What the task tells beside it; null: nothing.</summary>
    public Measures? Measures { get; init; }

    /// <summary>Of this update.</summary>
    public double LearningRate { get; init; }

    /// <summary>How many the step took, over all ranks.</summary>
    public int Examples { get; init; }

    /// <summary>From the previous commit to this one, evaluation left out.</summary>
    public double Milliseconds { get; init; }

    /// <summary>Forward and backward of the slowest rank.</summary>
    public double ComputeMilliseconds { get; init; }

    /// <summary>Why the step made no update; null when it did.</summary>
    public string? Skipped { get; init; }

    /// <summary>Whose gradient was computed twice, and by whom; null when none was.</summary>
    public string? ReplayCheck { get; init; }

    /// <summary>Of a probe: the largest eigenvalue, as far as this product tells; null where it tells none.</summary>
    public double? LambdaMax { get; init; }

    /// <summary>The smallest.</summary>
    public double? LambdaMin { get; init; }

    /// <summary>Norm of the gradient averaged over the step's examples, before clipping; null where ranks train on their own.</summary>
    public double? GradientNorm { get; init; }

    /// <summary>How noisy the gradients of single examples are; null where fewer than two ranks have examples, and in steps that were skipped.</summary>
    public GradientNoise? Noise { get; init; }
}
