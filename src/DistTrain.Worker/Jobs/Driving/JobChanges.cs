using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>From one record of a job to the next.</summary>
internal static class JobChanges
{
    /// <summary>The data's fingerprint when the job was submitted, or started; null where neither is known.</summary>
    public static string? BeganWith(this JobRecord record) => record.DataFingerprint.Length > 0 ? record.DataFingerprint : record.Data?.Fingerprint;

    /// <summary>A job that has failed or was cancelled goes on, or one that runs does so by another job file; its servers start anew.</summary>
    public static JobRecord Resumed(this JobRecord record, string jobFile, DataRecord data) => (record with
    {
        Phase = record.HasEnded ? JobPhase.Queued : record.Phase,
        JobFile = jobFile,
        Data = data,
        Error = null,
        CancelRequested = false,
        UsableBelow = long.MaxValue,
        DamagedCheckpoints = [],
    }).InNewGeneration();

    /// <summary>What its servers hold is of no use any more.</summary>
    public static JobRecord InNewGeneration(this JobRecord record) => record with { Generation = record.Generation + 1, IsOpen = false };

    /// <summary>The checkpoint of a step was found damaged when the servers were to go on from it.</summary>
    public static JobRecord WithoutCheckpoint(this JobRecord record, long step, string reason) =>
        (record with { DamagedCheckpoints = [.. record.DamagedCheckpoints, reason], UsableBelow = step }).InNewGeneration();

    /// <summary>Steps make no update any more, and what was saved behind their first is of another history.</summary>
    public static JobRecord WithoutSteps(this JobRecord record, PassedOver steps) => (record with
    {
        PassedOver = [.. record.PassedOver, steps],
        SealedSteps = [.. record.SealedSteps.Where(step => step <= steps.First)],
    }).InNewGeneration();

    /// <summary>Its servers are about to be opened.</summary>
    /// <param name="record">The record.</param>
    /// <param name="open">How.</param>
    /// <param name="look">The servers and data that were seen.</param>
    /// <param name="arithmetic">What this silo computes with.</param>
    public static JobRecord Opening(this JobRecord record, JobAction.Open open, JobLook look, string arithmetic) => record with
    {
        // A server without a bucket could not take part in a step: there may be fewer than the cluster has.
        Servers = [.. look.Servers],
        Generation = open.Generation,
        DamagedCheckpoints = [.. record.DamagedCheckpoints, .. open.Lost],
        DataFingerprint = record.DataFingerprint.Length > 0 ? record.DataFingerprint : look.Preparation!.Data.Fingerprint,
        Arithmetic = record.DataFingerprint.Length > 0 ? record.Arithmetic : arithmetic,
    };

    /// <summary>Its servers are open, at version 0 of a job that begins.</summary>
    public static JobRecord Opened(this JobRecord record, long totalSteps) => record with { IsOpen = true, TotalSteps = totalSteps };

    /// <summary>Its servers are open, at a checkpoint or at version 0 of a job that has begun before.</summary>
    /// <param name="record">The record.</param>
    /// <param name="totalSteps">Steps of the whole job.</param>
    /// <param name="step">The version that they go on from.</param>
    /// <param name="redone">Committed steps behind it, which are done again.</param>
    /// <param name="isSaved">It is a checkpoint of the job; else its first version.</param>
    public static JobRecord WentOn(this JobRecord record, long totalSteps, long step, long redone, bool isSaved) => record.Opened(totalSteps) with
    {
        Restores = record.Restores + 1,
        RedoneSteps = record.RedoneSteps + redone,
        UsableBelow = long.MaxValue,
        SealedSteps = [.. record.SealedSteps.Where(s => s < step), .. isSaved && step > 0 ? [step] : Array.Empty<long>()],
        Step = step,
    };

    /// <summary>A checkpoint is complete.</summary>
    public static JobRecord Sealed(this JobRecord record, Sealing checkpoint) => record with { SealedSteps = [.. checkpoint.Kept], Step = checkpoint.Step };

    /// <summary>Its ranks live elsewhere now, some of them because their silo was lost.</summary>
    public static JobRecord Placed(this JobRecord record, IReadOnlyList<RankProgress?> ranks) => record with
    {
        RankSilos = [.. ranks.Select((rank, number) => rank?.Silo ?? record.RankSilos.ElementAtOrDefault(number) ?? string.Empty)],
        Recoveries = record.Recoveries + RankNews.Of(record.RankSilos, ranks).Count(news => news.IsRecovery),
    };

    /// <summary>It has ended.</summary>
    /// <param name="record">The record.</param>
    /// <param name="phase">How.</param>
    /// <param name="step">The committed step that was seen last.</param>
    /// <param name="error">Why it failed; null: it did not.</param>
    public static JobRecord Ended(this JobRecord record, JobPhase phase, long step, string? error) =>
        record with { Phase = phase, Step = Math.Max(step, record.Step), Error = error };
}
