using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Ranks;

/// <summary>Log messages of ranks.</summary>
internal static partial class RankLog
{
    [LoggerMessage(3001, LogLevel.Warning, "Job {Job}, rank {Rank}: a stream was cut at step {Step}, joining again")]
    public static partial void Rejoining(ILogger logger, string job, int rank, long step);

    [LoggerMessage(3002, LogLevel.Information, "Job {Job}, rank {Rank}: ended by the server ({Reason})")]
    public static partial void Ended(ILogger logger, string job, int rank, string reason);

    [LoggerMessage(3003, LogLevel.Error, "Job {Job}, rank {Rank}: failed at step {Step}")]
    public static partial void Failed(ILogger logger, string job, int rank, long step, Exception exception);

    [LoggerMessage(3004, LogLevel.Information, "Job {Job}, rank {Rank}: {Count} exchanges of moments, {Sent} bytes sent, {Received} received; the last round trips p50 {Median} ms, p99 {High} ms")]
    public static partial void SharedMoments(ILogger logger, string job, int rank, long count, long sent, long received, double median, double high);

    [LoggerMessage(3005, LogLevel.Warning, "The cluster's membership could not be read ({Detail})")]
    public static partial void MembershipAway(ILogger logger, string detail);
}
