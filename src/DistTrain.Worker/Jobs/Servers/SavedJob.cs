using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>A job as the checkpoints on its servers' disks know it, or as its record does.</summary>
/// <param name="JobFile">The resolved job, YAML.</param>
/// <param name="LayoutHash">Of its parameters; null where it is not known.</param>
/// <param name="DataFingerprint">SHA-256 of its data.</param>
internal sealed record SavedJob(string JobFile, string? LayoutHash, string DataFingerprint)
{
    /// <summary>The first that any of the servers knows; null: none has a checkpoint with a manifest.</summary>
    public static SavedJob? Of(IEnumerable<StoredCheckpoints> servers) =>
        servers.Where(s => s.JobFile.Length > 0).Select(s => new SavedJob(s.JobFile, s.LayoutHash, s.DataFingerprint)).FirstOrDefault();

    /// <summary>Why another job can't go on from its checkpoints, all reasons in words for the user; empty: it can.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="job">As it is wanted now.</param>
    /// <param name="preparation">Its data and layout now.</param>
    /// <param name="describe">Says why data of one fingerprint are now of another.</param>
    public IReadOnlyList<string> Differences(string jobId, TrainingJob job, JobPreparation preparation, Func<string, string, string> describe)
    {
        var saved = Recipes.Files.JobFile.Read(JobFile, jobId, []).Job;
        List<string> differences = saved is null
            ? [$"the job file of '{jobId}' can't be read any more"]
            : [.. Recipes.Files.JobFile.Differences(saved, job).Select(d => d.ToString())];
        if (differences.Count == 0 && LayoutHash is { } layout && layout != preparation.Layout.Hash)
            differences.Add($"parameter layout: {Short(layout)} before, {Short(preparation.Layout.Hash)} now");
        if (DataFingerprint != preparation.Data.Fingerprint)
            differences.Add(describe(DataFingerprint, preparation.Data.Fingerprint));
        return [.. differences.Select(d => $"job '{jobId}' can't go on as another one: {d}")];
    }

    private static string Short(string digest) => digest.Length > 12 ? digest[..12] + "…" : digest;
}
