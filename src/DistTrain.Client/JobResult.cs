namespace DistTrain.Client;

/// <summary>The numbers of a job that has completed.</summary>
public sealed record JobResult
{
    /// <summary>Steps done.</summary>
    public long Steps { get; init; }

    /// <summary>Epochs done, fractional.</summary>
    public double Epochs { get; init; }

    /// <summary>Mean over the examples of the last epoch's steps, or of all steps when they are fewer.</summary>
    public double TrainLoss { get; init; }

    /// <summary>Share of the test set, 0..1; 0 of regression.</summary>
    public double TestAccuracy { get; init; }

    /// <summary>What the task tells of the test set beside it; null: nothing.</summary>
    public Measures? TestMeasures { get; init; }

    /// <summary>Mean over the test set.</summary>
    public double TestLoss { get; init; }

    /// <summary>Share of what the job sets apart of the training set, 0..1; null where it sets nothing apart.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>Mean over it; null with it.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>What the task tells of it beside the accuracy; null: nothing.</summary>
    public Measures? ValidationMeasures { get; init; }

    /// <summary>Of training only: start and evaluation left out.</summary>
    public double ImagesPerSecond { get; init; }

    /// <summary>Median, in milliseconds.</summary>
    public double StepMillisecondsMedian { get; init; }

    /// <summary>Median share of a step that the slowest rank spends outside its forward and backward passes, 0..1.</summary>
    public double OverheadShare { get; init; }

    /// <summary>Of the final weights and buffers, in hexadecimal: the same for the same job file, whatever happened on the way.</summary>
    public string WeightsSha256 { get; init; } = "";

    /// <summary>How often a rank went on at another silo, or the servers from a checkpoint.</summary>
    public int Recoveries { get; init; }

    /// <summary>Steps that were done again because the servers went on from a checkpoint.</summary>
    public long RedoneSteps { get; init; }

    /// <summary>Steps that made no update.</summary>
    public long SkippedSteps { get; init; }

    /// <summary>Steps in which two ranks computed the same gradient, with the same bits.</summary>
    public long ReplayChecks { get; init; }

    /// <summary>What a probe has found; null of a job that trains.</summary>
    public Diagnosis? Diagnosis { get; init; }
}
