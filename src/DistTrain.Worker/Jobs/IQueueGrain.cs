using Orleans.Concurrency;

namespace DistTrain.Worker.Jobs;

/// <summary>The cluster's one queue of jobs, key 0. Jobs start in order of submission, all ranks or none.</summary>
[Alias("DistTrain.IQueueGrain")]
public interface IQueueGrain : IGrainWithIntegerKey
{
    /// <summary>Appends a job that has been recorded. Idempotent.</summary>
    [Alias("Enqueue")]
    Task EnqueueAsync(string jobId, int workers);

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
