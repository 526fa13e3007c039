using System.Data.Common;
using Orleans.Persistence.Redis;
using StackExchange.Redis;

namespace DistTrain.Worker.Cluster;

/// <summary>That a grain's record can't be read or written, in one sentence: libraries say a page about themselves instead.</summary>
internal static class StoreFailure
{
    /// <summary>As a client of the cluster hears it; null when <paramref name="failure"/> has another cause.</summary>
    /// <param name="failure">As it came from a grain, perhaps of another silo.</param>
    /// <param name="store">The cluster's.</param>
    public static string? Explain(Exception failure, ClusterStore store) => Cause(failure, store) is { } cause
        ? $"{cause}, and no job is taken or changed that can't be recorded there; the same call succeeds once it is back"
        : null;

    /// <summary>For a silo's log: the cause where it is this one, else the failure's own words.</summary>
    public static string Line(Exception failure, ClusterStore store) => Cause(failure, store) ?? failure.Message;

    private static string? Cause(Exception failure, ClusterStore store)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is RedisStorageException or RedisException or RedisTimeoutException)
                return $"{store.Name} can't be reached";
            if (e is DbException)
                return $"{store.Name} can't be used: {e.Message.ReplaceLineEndings(" ")}";
        }

        return null;
    }
}
