using Orleans.Concurrency;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>One job. Its key is the job's id.</summary>
[Alias("DistTrain.IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Records the job. Idempotent for the same job file.</summary>
    /// <returns>False when the id belongs to a job with another job file.</returns>
    [Alias("Submit")]
    Task<bool> SubmitAsync(string jobFile, string submitter, DataRecord data);

    /// <summary>Forgets a job that was recorded and then not taken into the queue; no other.</summary>
    [Alias("Withdraw")]
    Task WithdrawAsync();

    /// <summary>Moves a queued job to running.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>Drives the job one look further: makes sure its ranks run, seals checkpoints, ends it when it is done.</summary>
    [Alias("Tick")]
    Task TickAsync();

    /// <summary>
    /// Queues a job that has failed or was cancelled again, to go on from its newest checkpoint; one that is queued, runs or has completed stays as
    /// it is.
    /// </summary>
    /// <param name="jobFile">The resolved job; keys that decide no bits may have changed.</param>
    /// <returns>What keeps it from going on so, in words for the user; empty: nothing.</returns>
    [Alias("Resume")]
    Task<IReadOnlyList<string>> ResumeAsync(string jobFile);

    /// <summary>Records the wish to end; the next look acts on it.</summary>
    [Alias("Cancel")]
    Task CancelAsync();

    [Alias("Describe")]
    [AlwaysInterleave]
    Task<JobDescription> DescribeAsync();
}
