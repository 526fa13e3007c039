using System.Diagnostics.Metrics;

namespace DistTrain.Observability;

/// <summary>
/// What is counted while jobs train and objects become jobs. Prometheus sees the names with underscores, their unit and <c>_total</c>: <c>disttrain_steps_total</c>. The label
/// <c>job</c> is the job's id.
/// </summary>
public static class TrainingMeter
{
    public const string Name = "DistTrain";

    private static readonly Meter _meter = new(Name);

    /// <summary>Committed steps, on a job's leader.</summary>
    public static readonly Counter<long> Steps = _meter.CreateCounter<long>("disttrain.steps", description: "Committed steps.");

    /// <summary>Committed steps that made no update.</summary>
    public static readonly Counter<long> SkippedSteps = _meter.CreateCounter<long>("disttrain.skipped_steps", description: "Committed steps that made no update, since their numbers were wrong.");

    /// <summary>From one commit to the next, on a job's leader.</summary>
    public static readonly Histogram<double> StepDuration = _meter.CreateHistogram<double>("disttrain.step.duration", "s", "Time from one committed step to the next, evaluation left out.");

    /// <summary>Forward and backward of the slowest rank.</summary>
    public static readonly Histogram<double> ComputeDuration = _meter.CreateHistogram<double>("disttrain.compute.duration", "s", "Forward and backward of a step's slowest rank.");

    /// <summary>Examples of committed steps.</summary>
    public static readonly Counter<long> Examples = _meter.CreateCounter<long>("disttrain.examples", description: "Training examples of committed steps.");

    /// <summary>Loss of the last committed step.</summary>
    public static readonly Gauge<double> Loss = _meter.CreateGauge<double>("disttrain.loss", description: "Mean training loss of the last committed step.");

    /// <summary>Rate of the last committed step.</summary>
    public static readonly Gauge<double> LearningRate = _meter.CreateGauge<double>("disttrain.learning_rate", description: "Learning rate of the last committed step.");

    /// <summary>Norm of the last committed step's averaged gradient.</summary>
    public static readonly Gauge<double> GradientNorm = _meter.CreateGauge<double>("disttrain.gradient_norm", description: "Norm of the averaged gradient of the last committed step.");

    /// <summary>Smoothed noise scale of the gradients.</summary>
    public static readonly Gauge<double> NoiseScale = _meter.CreateGauge<double>("disttrain.noise_scale", description: "Smoothed noise scale of the gradients, in examples (1812.06162).");

    /// <summary>The batch that the noise scale predicts.</summary>
    public static readonly Gauge<double> CriticalBatch = _meter.CreateGauge<double>("disttrain.critical_batch", description: "Critical batch that the noise scale predicts, in examples.");

    /// <summary>Payload of the gradients that came in, duplicates included.</summary>
    public static readonly Counter<long> GradientBytes = _meter.CreateCounter<long>("disttrain.gradient", "By", "Gradients received, duplicates included.");

    /// <summary>Chunks that had been counted before.</summary>
    public static readonly Counter<long> DuplicateGradients = _meter.CreateCounter<long>("disttrain.duplicate_gradients", description: "Chunks of gradients that were there already, and were not counted again.");

    /// <summary>Writing a server's part of a checkpoint.</summary>
    public static readonly Histogram<double> CheckpointDuration = _meter.CreateHistogram<double>("disttrain.checkpoint.duration", "s", "Writing a server's part of a checkpoint.");

    /// <summary>Writes that failed.</summary>
    public static readonly Counter<long> CheckpointFailures = _meter.CreateCounter<long>("disttrain.checkpoint.failures", description: "Parts of checkpoints that could not be written.");

    /// <summary>Ranks that went on elsewhere after their silo was lost.</summary>
    public static readonly Counter<long> Recoveries = _meter.CreateCounter<long>("disttrain.recoveries", description: "Ranks that went on at another silo after theirs was lost.");

    /// <summary>How often servers went on from a checkpoint.</summary>
    public static readonly Counter<long> Restores = _meter.CreateCounter<long>("disttrain.restores", description: "Times a job's servers went on from a checkpoint.");

    /// <summary>Ranks whose loops run in this process.</summary>
    public static readonly UpDownCounter<long> Ranks = _meter.CreateUpDownCounter<long>("disttrain.ranks", description: "Ranks that run in this silo.");

    /// <summary>Ranks of jobs that wait, on the silo with the queue.</summary>
    public static readonly Gauge<long> QueuedRanks = _meter.CreateGauge<long>("disttrain.queued_ranks", description: "Ranks of jobs that wait for room.");

    /// <summary>Objects of Kubernetes that the operator follows.</summary>
    public static readonly UpDownCounter<long> OperatorObjects = _meter.CreateUpDownCounter<long>("disttrain.operator.objects", description: "TrainingJob objects that the operator follows.");

    /// <summary>What the operator had to put off.</summary>
    public static readonly Counter<long> OperatorFailures = _meter.CreateCounter<long>("disttrain.operator.failures", description: "Times the operator could not do what an object asks for, and tries again later.");

    /// <summary>The label of a job.</summary>
    public static KeyValuePair<string, object?> Job(string jobId) => new("job", jobId);
}
