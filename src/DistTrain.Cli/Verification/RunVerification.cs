using DistTrain.Cli.Cluster;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Cli.Verification;

/// <summary>Whether a run is what it claims to be: its history against its job and data, its checkpoint and model against each other.</summary>
/// <param name="Job">Id of the job; its name where no checkpoint says the id.</param>
/// <param name="Steps">Number of the last step in the history.</param>
/// <param name="Epochs">Fractional epochs done.</param>
/// <param name="Examples">Examples whose digests were found right, over all steps and ranks.</param>
/// <param name="WeightsSha256">Of the newest checkpoint; null where it can't be read.</param>
/// <param name="Problems">One line each; none: it is what it claims.</param>
internal sealed record RunVerification(string Job, long Steps, double Epochs, long Examples, string? WeightsSha256, IReadOnlyList<string> Problems)
{
    /// <param name="path">A run's folder with all parts of its checkpoint.</param>
    /// <param name="overrides"><c>dataset.path=…</c>, where the data lie elsewhere by now.</param>
    /// <exception cref="CommandException">It is no run's folder, its data can't be read, or the overrides make another job of it.</exception>
    /// <exception cref="Protocol.Formats.UnknownFormatException">A file is of a version that this program does not read.</exception>
    public static RunVerification Of(string path, params IReadOnlyList<string> overrides)
    {
        var folder = RunFolder.Open(path);
        var claimed = JobFileInput.Read(folder.Job, [], TextWriter.Null);
        var job = JobFileInput.Read(folder.Job, overrides, TextWriter.Null);
        if (JobFile.Differences(claimed, job) is { Count: > 0 } differences)
            throw CommandException.BadInput([.. differences.Select(d => $"{folder.Shown} claims to be another job: {d}; --set is for where the data are")]);
        var data = ReadData(job);
        var problems = new List<string>();
        var ledger = CheckLedger(path, claimed.Spec, data.Train.Count, problems);
        var (id, weights) = CheckCheckpoint(folder, claimed, data, job.Spec.Dataset, ledger.Steps, problems);
        return new RunVerification(id ?? claimed.Name, ledger.Steps, ledger.Epochs, ledger.Examples, weights, problems);
    }

    private static Dataset ReadData(TrainingJob job)
    {
        try
        {
            return DatasetReader.Read(job.Spec.Dataset);
        }
        catch (DatasetException e)
        {
            throw CommandException.BadInput($"{e.Message} Or say where the data are by --set dataset.path=…");
        }
    }

    private static LedgerCheck CheckLedger(string runFolder, TrainingSpec spec, int trainExamples, List<string> problems)
    {
        var check = new LedgerCheck(spec, trainExamples, spec.From is { } from ? StartOf(runFolder, from, problems) : null);
        var path = Path.Combine(runFolder, MetricsLine.FileName);
        try
        {
            foreach (var line in MetricsLine.ReadAll(path))
            {
                if (line.Event is { } metrics)
                    check.Add(metrics);
                else
                    problems.Add(line.Problem!);
            }

            check.End();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: {e.Message}");
        }

        problems.AddRange(check.Problems);
        return check;
    }

    private static StartFile? StartOf(string runFolder, StartRecipe from, List<string> problems)
    {
        var start = StartFile.Read(runFolder);
        if (start is null)
            problems.Add($"{Path.Combine(runFolder, StartFile.FileName)} is missing or damaged: it says where the job began that starts from {from.Checkpoint}");
        else if (start.Sha256 != from.Sha256)
            problems.Add($"{Path.Combine(runFolder, StartFile.FileName)}: the job started from what has SHA-256 {start.Sha256}, by its job.yaml from {from.Sha256}");
        return start;
    }

    /// <summary>The newest checkpoint: of this job and these data, at the history's end, whole, and the same as the model.</summary>
    private static (string? Job, string? Weights) CheckCheckpoint(
        RunFolder run, TrainingJob job, Dataset data, DatasetRecipe recipe, long steps, List<string> problems)
    {
        try
        {
            var (folder, manifest) = CheckpointReader.Find(run.Shown);
            if (manifest.DataFingerprint != data.Fingerprint)
                problems.Add(DatasetChange.Describe(recipe, DatasetSummary.FilesIn(run.Data), manifest.DataFingerprint, data.Fingerprint));
            problems.AddRange(DifferencesOf(folder, manifest, job));
            if (manifest.Step != steps)
                problems.Add($"{folder}: the newest checkpoint is of step {manifest.Step}, the history ends with step {steps}");
            var weights = HashOf(folder, manifest, problems);
            CheckModel(run.Model, manifest.Step, weights, problems);
            return (manifest.JobId, weights);
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            problems.Add(e.Message);
            return default;
        }
    }

    private static IEnumerable<string> DifferencesOf(string folder, CheckpointManifest manifest, TrainingJob job) =>
        JobFile.Read(manifest.JobFile, manifest.JobId, []).Job is { } saved
            ? JobFile.Differences(saved, job).Select(d => $"{folder}: of another job than the run's job.yaml: {d.Path}: {d.Before}, expected {d.Now}")
            : [$"{folder}: its job file can't be read"];

    /// <returns>The hash of the weights; null where a part is not what the manifest says.</returns>
    private static string? HashOf(string folder, CheckpointManifest manifest, List<string> problems)
    {
        try
        {
            return WeightsHash.Compute(LayoutJson.Read(manifest.Layout), CheckpointReader.ReadVector(folder, manifest));
        }
        catch (Exception e) when (e is CheckpointException or FormatException)
        {
            var parts = manifest.Parts.Select(part => ReasonAgainst(folder, part)).OfType<string>().ToList();
            problems.AddRange(parts.Count > 0 ? parts : [e.Message]);
            return null;
        }
    }

    private static string? ReasonAgainst(string folder, ManifestPart part)
    {
        try
        {
            CheckpointReader.ReadPart(folder, part);
            return null;
        }
        catch (CheckpointException e)
        {
            return e.Message;
        }
    }

    private static void CheckModel(string path, long step, string? weights, List<string> problems)
    {
        if (!File.Exists(path))
            return;
        try
        {
            var model = SavedModel.Read(path);
            var found = WeightsHash.Compute(model.Layout, model.Vector);
            if (weights is not null && found != weights)
                problems.Add($"{path}: the weights have SHA-256 {found}, the checkpoint of step {step} has {weights}");
        }
        catch (CommandException e)
        {
            problems.AddRange(e.Problems);
        }
    }
}
