namespace DistTrain.Protocol.Clients;

/// <summary>What the states on the wire mean.</summary>
public static class JobStates
{
    /// <summary>True when nothing more will come of a job, unless it is resumed.</summary>
    public static bool HasEnded(this JobState state) => state is JobState.Completed or JobState.Failed or JobState.Cancelled;
}
