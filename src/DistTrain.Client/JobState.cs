namespace DistTrain.Client;

/// <summary>Where a job is in its life.</summary>
public enum JobState
{
    /// <summary>One that this version of the client does not know.</summary>
    Unknown,

    /// <summary>It waits for its turn.</summary>
    Queued,

    /// <summary>It trains, or waits for what it has lost.</summary>
    Running,

    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>It ended for a reason that repeating does not cure.</summary>
    Failed,

    /// <summary>Somebody ended it.</summary>
    Cancelled,
}
