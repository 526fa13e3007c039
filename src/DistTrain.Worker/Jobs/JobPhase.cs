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

/// <summary>What a phase means.</summary>
internal static class JobPhases
{
    /// <summary>Nothing happens to the job any more, unless it is resumed.</summary>
    public static bool HasEnded(this JobPhase phase) => phase is JobPhase.Completed or JobPhase.Failed or JobPhase.Cancelled;
}
