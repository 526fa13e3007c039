namespace DistTrain.Client;

/// <summary>How a job stands.</summary>
public sealed record JobSummary : JobEvent
{
    /// <summary>The job's id, unique in the cluster.</summary>
    public string JobId { get; init; } = "";

    /// <summary>The name in the job file.</summary>
    public string Name { get; init; } = "";

    /// <summary>Queued, running, or how it ended.</summary>
    public JobState State { get; init; }

    /// <summary>Steps committed so far.</summary>
    public long Step { get; init; }

    /// <summary>Steps of the whole job; 0 while unknown.</summary>
    public long TotalSteps { get; init; }

    /// <summary>Ranks.</summary>
    public int Workers { get; init; }

    /// <summary>Why the job failed; null otherwise.</summary>
    public string? Error { get; init; }

    /// <summary>Numbers of a job that has completed; null otherwise.</summary>
    public JobResult? Result { get; init; }

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset SubmittedAt { get; init; }

    /// <summary>What it has been waiting for for more than 5 s; null for nothing.</summary>
    public string? Waits { get; init; }

    /// <summary>Why it is as it is, in words: what the cluster has decided of it last; null while it has not looked at it.</summary>
    public string? Decision { get; init; }

    /// <summary>True when nothing more will come of it, unless it is resumed.</summary>
    public bool HasEnded => State is JobState.Completed or JobState.Failed or JobState.Cancelled;
}
