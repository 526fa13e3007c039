using Orleans.Concurrency;

namespace DistTrain.Worker.Jobs.Queue;

/// <summary>The cluster's one queue of jobs, key 0. Jobs start in order of submission, all ranks or none.</summary>
[Alias("DistTrain.IQueueGrain")]
public interface IQueueGrain : IGrainWithIntegerKey
{
    /// <summary>Appends a job that has been recorded. Idempotent.</summary>
    /// <param name="job">The job, not started.</param>
    /// <param name="limits">What its submitter may have.</param>
    /// <returns>Which limits it would exceed, in words for the user; empty: it is in the queue.</returns>
    [Alias("Enqueue")]
    Task<IReadOnlyList<string>> EnqueueAsync(QueuedJob job, QueueLimits limits);

    /// <summary>A silo's sign of life, each second: drives every unfinished job one look further.</summary>
    /// <param name="silo">The silo's address.</param>
    /// <param name="slots">Its rank slots.</param>
    [Alias("Pulse")]
    Task PulseAsync(string silo, int slots);

    /// <summary>All job ids in order of submission.</summary>
    [Alias("List")]
    [AlwaysInterleave]
    Task<IReadOnlyList<string>> ListAsync();
}
