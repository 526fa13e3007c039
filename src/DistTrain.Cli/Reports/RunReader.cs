using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Landscape;
using DistTrain.Cli.Verification;
using DistTrain.Optimization.Parameters;
using DistTrain.Page.Data;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Reports;

/// <summary>Reads a run's folder as the page shows it: once from the first line to the last, whatever its length.</summary>
internal static class RunReader
{
    /// <summary>The newest are shown.</summary>
    private const int MostDiagnoses = 8;

    /// <param name="path">A run's folder.</param>
    /// <param name="buckets">Of its curves.</param>
    /// <exception cref="CommandException">It is no run's folder, or its job can't be read.</exception>
    /// <exception cref="Protocol.Formats.UnknownFormatException">A file is of a version that this program does not read.</exception>
    public static RunPage Read(string path, int buckets = RunCurves.Finest)
    {
        var folder = RunFolder.Open(path);
        var job = JobFileInput.Read(folder.Job, [], TextWriter.Null);
        List<string> notes = [];
        var data = DataOf(folder);
        var curves = new RunCurves(buckets);
        var check = new CheckedHistory(CheckOf(folder, job.Spec, data));
        ReadHistory(folder, curves, check, notes);
        var ledger = check.Findings();
        var log = RunLog.Read(folder.FullPath);
        return new RunPage(
            Path.GetFileName(folder.FullPath),
            FolderOwner.Of(folder.FullPath),
            StateOf(log, ledger),
            JobFile.Write(job),
            JobFile.Values(job),
            curves.ToSeries(),
            ledger,
            log,
            WeightsOf(folder),
            data,
            notes)
        {
            Landscape = LandscapeOf(folder, notes),
        };
    }

    /// <summary>The files of <c>diagnose</c> in the folder, by step, without what the page does not draw; null: none.</summary>
    private static List<JsonNode>? LandscapeOf(RunFolder folder, List<string> notes)
    {
        List<JsonNode> found = [];
        foreach (var file in Directory.GetFiles(folder.FullPath, DiagnosisFile.Pattern))
        {
            try
            {
                _ = DiagnosisFile.Read(file);
                var diagnosis = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
                // Paths are of the machine that looked; densities of single directions are not drawn.
                foreach (var key in (string[])["checkpoint", "file", "escape", "directions"])
                    diagnosis.Remove(key);
                found.Add(diagnosis);
            }
            catch (CommandException e)
            {
                notes.AddRange(e.Problems.Select(problem => problem.Replace(folder.FullPath, Path.GetFileName(folder.FullPath), StringComparison.Ordinal)));
            }
        }

        return found.Count == 0 ? null : [.. found.OrderBy(diagnosis => diagnosis["step"]?.GetValue<long>() ?? long.MaxValue).TakeLast(MostDiagnoses)];
    }

    private static void ReadHistory(RunFolder folder, RunCurves curves, CheckedHistory check, List<string> notes)
    {
        try
        {
            foreach (var line in MetricsLine.ReadAll(Path.Combine(folder.FullPath, MetricsLine.FileName)))
            {
                if (line.Event is { } next)
                {
                    curves.Add(next);
                    check.Add(next);
                }
                else
                {
                    var problem = line.Problem!.Replace(folder.FullPath, Path.GetFileName(folder.FullPath), StringComparison.Ordinal);
                    notes.Add(problem);
                    check.Add(problem, line.IsLast);
                }
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            notes.Add($"There is no {MetricsLine.FileName}: nothing was trained in this folder yet.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, folder.Shown);
        }
    }

    /// <summary>Null where there is nothing to hold the history against.</summary>
    private static LedgerCheck? CheckOf(RunFolder folder, TrainingSpec spec, JsonNode? data)
    {
        if (spec.Probe is not null || data?["trainExamples"] is not JsonValue count || !count.TryGetValue<int>(out var examples) || examples <= 0)
            return null;
        var start = spec.From is null ? null : StartFile.Read(folder.FullPath);
        return spec.From is not null && start is null ? null : new LedgerCheck(spec, examples, start);
    }

    /// <summary>What was understood of the run's data; null where that is not there, or can't be read.</summary>
    public static JsonNode? DataOf(RunFolder folder)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(folder.Data)) as JsonObject;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>What its command has said last; of a run without a log, what its history tells.</summary>
    private static string StateOf(IReadOnlyList<RunLogLine>? log, LedgerFindings ledger) =>
        log?.LastOrDefault(line => line.Kind is RunLogKind.Started or RunLogKind.Ended) switch
        {
            { Kind: RunLogKind.Ended } ended => ended.Text.Split(':')[0],
            { } => "running",
            null => ledger.Verdict == LedgerFindings.Unbroken ? "completed" : "unfinished",
        };

    private static string? WeightsOf(RunFolder folder)
    {
        try
        {
            var saved = SavedModel.Read(File.Exists(folder.Model) ? folder.Model : folder.FullPath);
            return WeightsHash.Compute(saved.Layout, saved.Vector);
        }
        catch (CommandException)
        {
            // Nothing was saved, or it is damaged, of which verify tells.
            return null;
        }
    }
}
