using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs;

/// <summary>Log messages of jobs and their queue.</summary>
internal static partial class JobLog
{
    [LoggerMessage(4001, LogLevel.Warning, "Job {Job}: a parameter server does not answer ({Detail})")]
    public static partial void ServerAway(ILogger logger, string job, string detail);

    [LoggerMessage(4002, LogLevel.Warning, "Job {Job}: rank {Rank} does not answer ({Detail})")]
    public static partial void RankAway(ILogger logger, string job, int rank, string detail);

    [LoggerMessage(4003, LogLevel.Information, "Job {Job}: {Phase} {Error}")]
    public static partial void Ended(ILogger logger, string job, JobPhase phase, string error);

    [LoggerMessage(4004, LogLevel.Warning, "The queue could not be reached: {Detail}")]
    public static partial void QueueAway(ILogger logger, string detail);

    [LoggerMessage(4007, LogLevel.Warning, "Job {Job}: the servers begin generation {Generation}: {Reason}")]
    public static partial void Restoring(ILogger logger, string job, long generation, string reason);

    [LoggerMessage(4008, LogLevel.Information, "Job {Job}: rank {Rank} is to move from silo {From} to {To}")]
    public static partial void Moving(ILogger logger, string job, int rank, string from, string to);

    [LoggerMessage(4009, LogLevel.Information, "Job {Job}: {Action}: {Reason}")]
    public static partial void Decided(ILogger logger, string job, string action, string reason);

    [LoggerMessage(4006, LogLevel.Error, "Job {Job}: can't be driven")]
    public static partial void Broken(ILogger logger, string job, Exception exception);

    [LoggerMessage(4005, LogLevel.Warning, "Job {Job}: could not be driven: {Detail}")]
    public static partial void NotDriven(ILogger logger, string job, string detail);
}
