using Microsoft.Extensions.Logging;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>Log messages of checkpoints.</summary>
internal static partial class CheckpointLog
{
    [LoggerMessage(2001, LogLevel.Information, "Job {Job}: this server's part of step {Step} is on disk")]
    public static partial void Saved(ILogger logger, string job, long step);

    [LoggerMessage(2002, LogLevel.Information, "Job {Job}: ranks wait at step {Step} until the checkpoint before it is on disk")]
    public static partial void Waiting(ILogger logger, string job, long step);

    [LoggerMessage(2003, LogLevel.Error, "Job {Job}: {What} could not be written")]
    public static partial void Failed(ILogger logger, string job, string what, Exception exception);
}
