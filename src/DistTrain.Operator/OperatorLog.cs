using Microsoft.Extensions.Logging;

namespace DistTrain.Operator;

/// <summary>Log messages of the operator.</summary>
internal static partial class OperatorLog
{
    [LoggerMessage(8001, LogLevel.Information, "Follows {Count} {Resource} in {Namespace}")]
    public static partial void Listed(ILogger logger, int count, string resource, string @namespace);

    [LoggerMessage(8002, LogLevel.Warning, "The API server: {Detail}; asks again in {Seconds:0.0} s")]
    public static partial void ApiAway(ILogger logger, string detail, double seconds);

    [LoggerMessage(8003, LogLevel.Information, "The API server no longer knows what changed since the last look: all objects are listed again")]
    public static partial void Expired(ILogger logger);

    [LoggerMessage(8004, LogLevel.Information, "{Object} was changed by somebody else meanwhile: it is read again")]
    public static partial void Conflict(ILogger logger, string @object);

    [LoggerMessage(8005, LogLevel.Information, "{Object}: submitted as job {Job}")]
    public static partial void Submitted(ILogger logger, string @object, string job);

    [LoggerMessage(8006, LogLevel.Warning, "{Object}: {Answer}: {Detail}; tries again in {Seconds:0.0} s")]
    public static partial void Unanswered(ILogger logger, string @object, string answer, string detail, double seconds);

    [LoggerMessage(8007, LogLevel.Information, "{Object}: {State} {Detail}")]
    public static partial void State(ILogger logger, string @object, string state, string detail);

    [LoggerMessage(8008, LogLevel.Information, "{Object}: job {Job} is cancelled with its object")]
    public static partial void Cancelled(ILogger logger, string @object, string job);

    [LoggerMessage(8009, LogLevel.Warning, "{Object}: the cluster has no record of job {Job}: it goes on from what the servers have")]
    public static partial void Lost(ILogger logger, string @object, string job);

    [LoggerMessage(8011, LogLevel.Warning, "{Object}: the API server: {Detail}; tries again in {Seconds:0.0} s")]
    public static partial void NotWritten(ILogger logger, string @object, string detail, double seconds);

    [LoggerMessage(8012, LogLevel.Information, "{Object}: its job has ended, and its time to live too: it is deleted")]
    public static partial void Expired(ILogger logger, string @object);

    [LoggerMessage(8013, LogLevel.Information, "{Object}: job {Job} {Turn}, as the object says")]
    public static partial void Turned(ILogger logger, string @object, string job, string turn);

    [LoggerMessage(8014, LogLevel.Debug, "{Object}: no event {Reason}: the API server: {Detail}")]
    public static partial void NotTold(ILogger logger, string @object, string reason, string detail);

    [LoggerMessage(8010, LogLevel.Error, "{Object}: can't be reconciled; tries again in {Seconds:0.0} s")]
    public static partial void Broken(ILogger logger, string @object, double seconds, Exception exception);
}
