namespace DistTrain.Client;

/// <summary>What a line of a job's log is about.</summary>
public enum LogKind
{
    /// <summary>Nothing that anybody has to look after, or something that this version of the client does not know.</summary>
    Note,

    /// <summary>The servers go on from a checkpoint.</summary>
    Restored,

    /// <summary>A rank goes on at another silo.</summary>
    Moved,

    /// <summary>The job waits for somebody.</summary>
    Waits,

    /// <summary>It no longer does.</summary>
    WaitOver,

    /// <summary>Something could not be done or read; the job goes on.</summary>
    Fault,
}
