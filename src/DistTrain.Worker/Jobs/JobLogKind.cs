namespace DistTrain.Worker.Jobs;

/// <summary>What a line of a job's log is about, for those who act on it.</summary>
public enum JobLogKind
{
    /// <summary>Nothing that anybody has to look after.</summary>
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
