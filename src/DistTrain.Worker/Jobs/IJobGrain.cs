using Orleans.Concurrency;

namespace DistTrain.Worker.Jobs;

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

/// <summary>What is told of a job.</summary>
/// <param name="Log">What happened to it, oldest first.</param>
/// <param name="Data">What it trains on; null where that is not known.</param>
/// <param name="Waits">What it has been waiting for for long; null: for nothing.</param>
[GenerateSerializer]
[Alias("DistTrain.JobDescription")]
public sealed record JobDescription(
    bool Exists,
    string JobId,
    string JobFile,
    string Submitter,
    JobPhase Phase,
    long Step,
    long TotalSteps,
    long SubmittedAt,
    string? Error,
    JobOutcome? Outcome,
    IReadOnlyList<string> Servers,
    IReadOnlyList<JobLogLine> Log,
    DataRecord? Data,
    string? Waits);

/// <param name="Time">Unix time in milliseconds.</param>
/// <param name="Text">For people.</param>
/// <param name="Kind">What it is about.</param>
[GenerateSerializer]
[Alias("DistTrain.JobLogLine")]
public sealed record JobLogLine(long Time, string Text, JobLogKind Kind = JobLogKind.Note);
