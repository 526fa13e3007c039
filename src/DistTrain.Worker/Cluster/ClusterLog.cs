using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Cluster;

/// <summary>What the cluster's file tells.</summary>
internal static partial class ClusterLog
{
    [LoggerMessage(1, LogLevel.Information, "Cluster file {Path} is open")]
    public static partial void Opened(this ILogger log, string path);

    [LoggerMessage(2, LogLevel.Information, "Removed {Count} dead silos from the membership table, last seen before {Before}")]
    public static partial void DefunctSilosRemoved(this ILogger log, int count, DateTimeOffset before);

    [LoggerMessage(3, LogLevel.Information, "Silo {Silo} was not inserted: it is there already, or another silo has written version {Version} first")]
    public static partial void InsertLost(this ILogger log, SiloAddress silo, int version);

    [LoggerMessage(4, LogLevel.Information, "Silo {Silo} was not updated: it has changed, or another silo has written version {Version} first")]
    public static partial void UpdateLost(this ILogger log, SiloAddress silo, int version);
}
