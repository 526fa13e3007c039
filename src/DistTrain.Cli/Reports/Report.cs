using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Page.Data;
using DistTrain.Page.Files;
using DistTrain.Protocol.Formats;

namespace DistTrain.Cli.Reports;

/// <summary>Makes reports of runs.</summary>
internal static class Report
{
    /// <summary>Buckets of the curves of all runs together; one of hundreds has few, and is still recognized.</summary>
    private const int MostBuckets = 6 * RunCurves.Finest, FewestBuckets = 24;

    /// <summary>The folders of the runs that paths name: a run's own, or all that a folder of runs has, such as a study's, in the order of their names.</summary>
    /// <exception cref="CommandException">With each path that names none.</exception>
    public static IReadOnlyList<string> RunsOf(IReadOnlyList<string> paths)
    {
        List<string> problems = [];
        List<string> runs = [];
        foreach (var path in paths)
        {
            IReadOnlyList<string> found = RunFolder.HoldsRun(path) ? [path] : Directory.Exists(path) ? In(path) : [];
            if (found.Count == 0)
                problems.Add($"{path} is no run's folder: it has no job.yaml, and no folder in it has one");
            runs.AddRange(found);
        }

        return problems.Count == 0 ? runs : throw CommandException.BadInput(problems);
    }

    /// <summary>Buckets of the curves of each of so many runs.</summary>
    public static int BucketsOf(int runs) => runs <= 1 ? RunCurves.Finest : Math.Clamp(MostBuckets / runs / 2 * 2, FewestBuckets, RunCurves.Finest);

    /// <summary>What a page of these folders is called.</summary>
    public static string TitleOf(IEnumerable<string> paths) => string.Join(", ", paths.Select(path => Path.GetFileName(Path.GetFullPath(path))));

    /// <summary>The report of some runs, as a whole file.</summary>
    /// <exception cref="CommandException">With what is wrong with each of them.</exception>
    public static byte[] Of(string title, IReadOnlyList<string> runs, TimeProvider clock, ReadingProgress? progress = null)
    {
        var pages = Read(runs, progress);
        return ReportFile.Of(new PageDocument(title, RunDiary.Program, clock.GetUtcNow(), pages, Comparison.Notes(pages)));
    }

    /// <summary>Some runs as a page shows them.</summary>
    /// <exception cref="CommandException">With what is wrong with each of them.</exception>
    public static IReadOnlyList<RunPage> Read(IReadOnlyList<string> runs, ReadingProgress? progress = null)
    {
        var buckets = BucketsOf(runs.Count);
        List<string> problems = [];
        List<RunPage> pages = [];
        foreach (var run in runs)
        {
            try
            {
                pages.Add(RunReader.Read(run, buckets, share => progress?.Tell(run, share)));
            }
            catch (CommandException e)
            {
                problems.AddRange(e.Problems);
            }
        }

        return problems.Count == 0 ? Named(pages, runs) : throw CommandException.BadInput(problems);
    }

    /// <summary>Writes the file so that it is there whole or not at all.</summary>
    /// <exception cref="CommandException">It can't be written.</exception>
    public static void Write(string file, byte[] report)
    {
        try
        {
            WholeFile.Write(file, stream => stream.Write(report));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, file);
        }
    }

    /// <summary>Leaves the report of a run, or of all runs of a folder, in it. The run is what it is without: why there is none is said.</summary>
    public static void Leave(string folder, TextWriter error, TimeProvider clock)
    {
        try
        {
            Write(Path.Combine(folder, ReportFile.Name), Of(Path.GetFileName(Path.GetFullPath(folder)), RunsOf([folder]), clock));
        }
        catch (CommandException e)
        {
            error.WriteLine($"no {ReportFile.Name} in {folder}: {string.Join("; ", e.Problems)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UnknownFormatException)
        {
            error.WriteLine($"no {ReportFile.Name} in {folder}: {e.Message}");
        }
    }

    private static List<string> In(string path)
    {
        try
        {
            return [.. Directory.GetDirectories(path).Where(RunFolder.HoldsRun).OrderBy(run => run, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, path);
        }
    }

    /// <summary>Runs of the same name in different folders are told apart by those.</summary>
    private static List<RunPage> Named(List<RunPage> pages, IReadOnlyList<string> runs)
    {
        var counts = pages.CountBy(page => page.Name).ToDictionary();
        return [.. pages.Zip(runs, (page, run) => counts[page.Name] == 1 ? page : page with { Name = $"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(run)))}/{page.Name}" })];
    }
}
