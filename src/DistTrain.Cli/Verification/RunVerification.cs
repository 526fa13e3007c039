using System.Text.Json;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Evaluation;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Data;

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
    private const string HistoryName = "metrics.jsonl";

    private const string DataPath = "dataset.path";

    /// <param name="runFolder">A run's folder with all parts of its checkpoint.</param>
    /// <param name="overrides"><c>dataset.path=…</c>, where the data lie elsewhere by now.</param>
    /// <exception cref="CommandException">It is no run's folder, or its data can't be read.</exception>
    public static RunVerification Of(string runFolder, params IReadOnlyList<string> overrides)
    {
        var claimed = ReadJob(runFolder, []);
        var data = ReadData(overrides.Count == 0 ? claimed : ReadJob(runFolder, overrides));
        var problems = new List<string>();
        var ledger = CheckLedger(runFolder, claimed.Spec, data.Train.Count, problems);
        var (job, weights) = CheckCheckpoint(runFolder, claimed, data.Fingerprint, ledger.Steps, problems);
        return new RunVerification(job ?? claimed.Name, ledger.Steps, ledger.Epochs, ledger.Examples, weights, problems);
    }

    private static TrainingJob ReadJob(string runFolder, IReadOnlyList<string> overrides)
    {
        if (overrides.FirstOrDefault(o => !o.StartsWith(DataPath + "=", StringComparison.Ordinal)) is { } other)
            throw CommandException.BadInput($"--set {other}: only {DataPath} may be set; everything else is what the run claims");
        var path = Path.Combine(runFolder, "job.yaml");
        try
        {
            if (!Directory.Exists(runFolder))
                throw CommandException.BadInput($"{runFolder}: there is no such folder");
            if (!File.Exists(path))
                throw CommandException.BadInput($"{runFolder}: not a run's folder, it has no job.yaml");
            var read = JobFile.Read(File.ReadAllText(path), path, overrides);
            return read.Job ?? throw CommandException.BadInput([.. read.Problems.Select(p => p.ToString())]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.BadInput($"{path}: {e.Message}");
        }
    }

    private static Dataset ReadData(TrainingJob job)
    {
        try
        {
            return DatasetReader.Read(job.Spec.Dataset);
        }
        catch (DatasetException e)
        {
            throw CommandException.BadInput($"{e.Message} Or say where the data are by --set {DataPath}=…");
        }
    }

    private static LedgerCheck CheckLedger(string runFolder, TrainingSpec spec, int trainExamples, List<string> problems)
    {
        var check = new LedgerCheck(spec, trainExamples);
        var path = Path.Combine(runFolder, HistoryName);
        try
        {
            var number = 0;
            foreach (var line in File.ReadLines(path))
            {
                number++;
                try
                {
                    check.Add(MetricsJson.Read(line));
                }
                catch (JsonException e)
                {
                    problems.Add($"{path}:{number}: {e.Message}");
                }
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

    /// <summary>The newest checkpoint: of this job and these data, at the history's end, whole, and the same as the model.</summary>
    private static (string? Job, string? Weights) CheckCheckpoint(string runFolder, TrainingJob job, string fingerprint, long steps, List<string> problems)
    {
        try
        {
            var (folder, manifest) = CheckpointReader.Find(runFolder);
            if (manifest.DataFingerprint != fingerprint)
                problems.Add($"the data have fingerprint {fingerprint}, the run was made with {manifest.DataFingerprint}");
            if (manifest.JobFile != JobFile.Write(job))
                problems.Add($"{folder}: its job file is not the run's job.yaml");
            if (manifest.Step != steps)
                problems.Add($"{folder}: the newest checkpoint is of step {manifest.Step}, the history ends with step {steps}");
            var weights = HashOf(folder, manifest, problems);
            CheckModel(Path.Combine(runFolder, "model.safetensors"), manifest.Step, weights, problems);
            return (manifest.JobId, weights);
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException)
        {
            problems.Add(e.Message);
            return default;
        }
    }

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
