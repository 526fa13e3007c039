using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>What is told of a job.</summary>
/// <param name="Log">What happened to it, oldest first.</param>
/// <param name="Data">What it trains on; null where that is not known.</param>
/// <param name="Waits">What it has been waiting for for long; null: for nothing.</param>
/// <param name="Findings">What a probe has found, JSON (<see cref="ProbeFindings"/>); null: it is none, or not done.</param>
/// <param name="Decision">Why it is as it is: the reason of what was decided last; null: this activation of its grain has not looked at it.</param>
/// <param name="RankSilos">Silo of each rank when it was last seen; null: a silo of an earlier version tells of the job.</param>
/// <param name="Ranks">How each rank was at the last look, null where it did not answer; empty: nobody has looked yet; null as above.</param>
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
    string? Waits,
    string? Decision,
    string? Findings,
    IReadOnlyList<string>? RankSilos,
    IReadOnlyList<RankProgress?>? Ranks);
