namespace DistTrain.Worker.Jobs;

/// <summary>Where a job is in its life.</summary>
public enum JobPhase
{
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
}

/// <summary>
/// The durable record of a job: small; what is large lives at the servers. Written with an ETag, so that a second activation of the grain
/// during a partition cannot advance it.
/// </summary>
[GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties)]
[Alias("DistTrain.JobRecord")]
public sealed class JobRecord
{
    /// <summary>The resolved job, YAML; empty until submitted.</summary>
    public string JobFile { get; set; } = string.Empty;

    /// <summary>Whose job it is: the name that its submitter goes by.</summary>
    public string Submitter { get; set; } = string.Empty;

    public JobPhase Phase { get; set; }

    /// <summary>Unix time in milliseconds.</summary>
    public long SubmittedAt { get; set; }

    /// <summary>Raised whenever the servers start anew from a checkpoint; what carries another one is refused.</summary>
    public long Generation { get; set; } = 1;

    /// <summary>Endpoints of the job's servers in order of their buckets; empty until it starts.</summary>
    public List<string> Servers { get; set; } = [];

    /// <summary>The data that it was submitted with; null in a record from before they were kept, until they are read.</summary>
    public DataRecord? Data { get; set; }

    /// <summary>SHA-256 of the data the job started with.</summary>
    public string DataFingerprint { get; set; } = string.Empty;

    /// <summary>What the silo that opened the job computes with (<see cref="Torch.Hosting.NativeEnvironment.Arithmetic"/>): all its ranks must.</summary>
    public string Arithmetic { get; set; } = string.Empty;

    /// <summary>The servers hold the job's partitions of this generation: they are asked for them, never to make them again.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Silo of each rank when it was last seen.</summary>
    public List<string> RankSilos { get; set; } = [];

    /// <summary>How often a rank went on elsewhere after its silo was lost.</summary>
    public int Recoveries { get; set; }

    /// <summary>How often the servers went on from a checkpoint.</summary>
    public int Restores { get; set; }

    /// <summary>Steps that were done again because of that.</summary>
    public long RedoneSteps { get; set; }

    /// <summary>What was wrong with checkpoints that could not be used, in words for the user.</summary>
    public List<string> DamagedCheckpoints { get; set; } = [];

    /// <summary>The servers go on from a checkpoint below this step: a later one has just been found damaged.</summary>
    public long UsableBelow { get; set; } = long.MaxValue;

    /// <summary>Steps that make no update, since training went back from a step whose numbers were wrong; in order of the generations.</summary>
    public List<PassedOver> PassedOver { get; set; } = [];

    public bool CancelRequested { get; set; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; set; }

    /// <summary>Steps of the sealed checkpoints that are kept, in order.</summary>
    public List<long> SealedSteps { get; set; } = [];

    /// <summary>Steps of the whole job, known once it has started.</summary>
    public long TotalSteps { get; set; }

    /// <summary>Committed steps when the record was last written.</summary>
    public long Step { get; set; }

    public JobOutcome? Outcome { get; set; }

    public bool HasEnded => Phase is JobPhase.Completed or JobPhase.Failed or JobPhase.Cancelled;
}

/// <summary>The figures of a completed job; units as in <c>training_jobs.proto</c>.</summary>
[GenerateSerializer]
[Alias("DistTrain.JobOutcome")]
public sealed record JobOutcome(
    long Steps,
    double Epochs,
    double TrainLoss,
    double TestAccuracy,
    double TestLoss,
    double ImagesPerSecond,
    double StepMillisecondsMedian,
    double OverheadShare,
    string WeightsSha256,
    int Recoveries,
    long RedoneSteps,
    long SkippedSteps,
    long ReplayChecks);
