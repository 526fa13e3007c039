namespace DistTrain.Worker.Jobs;

/// <summary>
/// The durable record of a job: small; what is large lives at the servers. Only the job's grain writes it, with an ETag, so that a second activation
/// during a partition cannot advance it. It is never changed, its lists neither: <c>JobChanges</c> makes the next one.
/// </summary>
[GenerateSerializer(GenerateFieldIds = GenerateFieldIds.PublicProperties)]
[Alias("DistTrain.JobRecord")]
public sealed record JobRecord
{
    /// <summary>The resolved job, YAML; empty until submitted.</summary>
    public string JobFile { get; init; } = string.Empty;

    /// <summary>Whose job it is: the name that its submitter goes by.</summary>
    public string Submitter { get; init; } = string.Empty;

    public JobPhase Phase { get; init; }

    /// <summary>Unix time in milliseconds.</summary>
    public long SubmittedAt { get; init; }

    /// <summary>Raised whenever the servers start anew from a checkpoint; what carries another one is refused.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>Endpoints of the job's servers in order of their buckets; empty until it starts.</summary>
    public List<string> Servers { get; init; } = [];

    /// <summary>The data that it was submitted with; null in a record from before they were kept, until they are read.</summary>
    public DataRecord? Data { get; init; }

    /// <summary>SHA-256 of the data the job started with.</summary>
    public string DataFingerprint { get; init; } = string.Empty;

    /// <summary>What the silo that opened the job computes with (<see cref="Torch.Hosting.NativeEnvironment.Arithmetic"/>): all its ranks must.</summary>
    public string Arithmetic { get; init; } = string.Empty;

    /// <summary>The servers hold the job's partitions of this generation: they are asked for them, never to make them again.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Silo of each rank when it was last seen.</summary>
    public List<string> RankSilos { get; init; } = [];

    /// <summary>How often a rank went on elsewhere after its silo was lost.</summary>
    public int Recoveries { get; init; }

    /// <summary>How often the servers went on from a checkpoint.</summary>
    public int Restores { get; init; }

    /// <summary>Steps that were done again because of that.</summary>
    public long RedoneSteps { get; init; }

    /// <summary>What was wrong with checkpoints that could not be used, in words for the user.</summary>
    public List<string> DamagedCheckpoints { get; init; } = [];

    /// <summary>The servers go on from a checkpoint below this step: a later one has just been found damaged.</summary>
    public long UsableBelow { get; init; } = long.MaxValue;

    /// <summary>Steps that make no update, since training went back from a step whose numbers were wrong; in order of the generations.</summary>
    public List<PassedOver> PassedOver { get; init; } = [];

    public bool CancelRequested { get; init; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Steps of the sealed checkpoints that are kept, in order.</summary>
    public List<long> SealedSteps { get; init; } = [];

    /// <summary>Steps of the whole job, known once it has started.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Committed steps when the record was last written.</summary>
    public long Step { get; init; }

    public JobOutcome? Outcome { get; init; }

    /// <summary>What a probe has found, JSON (<see cref="ProbeFindings"/>); null otherwise.</summary>
    public string? Findings { get; init; }

    public bool HasEnded => Phase.HasEnded();
}
