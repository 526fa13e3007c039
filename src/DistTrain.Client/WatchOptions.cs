namespace DistTrain.Client;

/// <summary>How a job is followed.</summary>
public sealed record WatchOptions
{
    /// <summary>First step whose metrics are wanted; 0, the default, for all.</summary>
    public long FromStep { get; init; }

    /// <summary>How long there may be no word from the cluster before the watch gives up; the job itself goes on. Default: 2 min.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: it never does.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest wait between two attempts; the first is 0.25 s, and each next one twice as long. Default: 5 s.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>True when the cluster is known to be there; otherwise, the default, a first attempt that fails already ends the watch: the address may be wrong.</summary>
    public bool IsKnown { get; init; }

    /// <summary>Called with the reason each time an attempt has failed and another will be made.</summary>
    public Action<DistTrainException>? Reconnecting { get; init; }

    /// <summary>Called when there is word again.</summary>
    public Action? Reconnected { get; init; }
}
