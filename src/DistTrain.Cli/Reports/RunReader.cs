using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
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
    /// <param name="path">A run's folder.</param>
    /// <param name="buckets">Of its curves.</param>
    /// <param name="told">Told now and then which share of its history has been read, 0..1.</param>
    /// <param name="longFrom">Bytes of a history from which on what it came to is kept beside it.</param>
    /// <exception cref="CommandException">It is no run's folder, or its job can't be read.</exception>
    /// <exception cref="Protocol.Formats.UnknownFormatException">A file is of a version that this program does not read.</exception>
    public static RunPage Read(string path, int buckets = RunCurves.Finest, Action<double>? told = null, long longFrom = HistoryIndex.Long)
    {
        var folder = RunFolder.Open(path);
        var job = JobFileInput.Read(folder.Job, [], TextWriter.Null);
        var data = DataOf(folder);
        var history = HistoryOf(folder, job.Spec, data, (buckets, longFrom), told);
        List<string> notes = [.. history.Notes];
        var log = RunLog.Read(folder.FullPath);
        return new RunPage(
            Path.GetFileName(folder.FullPath),
            FolderOwner.Of(folder.FullPath),
            StateOf(log, history.Ledger),
            JobFile.Write(job),
            JobFile.Values(job),
            history.Series,
            history.Ledger,
            log,
            WeightsOf(folder),
            data,
            notes)
        {
            Landscape = LandscapeReader.Diagnoses(folder, notes),
            Slices = LandscapeReader.Slices(folder, notes),
            Ranks = RanksFile.Read(folder.FullPath),
        };
    }

    private static ReadHistory HistoryOf(RunFolder folder, TrainingSpec spec, JsonNode? data, (int Buckets, long LongFrom) size, Action<double>? told)
    {
        var key = HistoryIndex.KeyOf(folder, size.Buckets, size.LongFrom);
        if (key is not null && HistoryIndex.Read(folder, key) is { } known)
            return known;
        List<string> notes = [];
        var (curves, check) = (new RunCurves(size.Buckets), new CheckedHistory(CheckOf(folder, spec, data)));
        ReadLines(folder, curves, check, notes, told);
        var history = new ReadHistory(curves.ToSeries(), check.Findings(), notes);
        if (key is not null)
            HistoryIndex.Write(folder, key, history);
        return history;
    }

    private static void ReadLines(RunFolder folder, RunCurves curves, CheckedHistory check, List<string> notes, Action<double>? told)
    {
        try
        {
            foreach (var line in MetricsLine.ReadAll(Path.Combine(folder.FullPath, MetricsLine.FileName), told))
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
