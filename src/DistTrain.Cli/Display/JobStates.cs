using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>The states of jobs in words.</summary>
internal static class JobStates
{
    public static string Name(this JobState state) => state switch
    {
        JobState.Queued => "queued",
        JobState.Running => "running",
        JobState.Completed => "completed",
        JobState.Failed => "failed",
        JobState.Cancelled => "cancelled",
        _ => "unknown",
    };
}
