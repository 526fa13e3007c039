using System.CommandLine;
using System.Globalization;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Reports;
using DistTrain.Page.Files;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain report</c>: what runs came to, as one file for a browser.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string[]> Runs = new("run")
    {
        Description = "Folders of runs, or of a study or chaos: all runs in it. Several are compared.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> Out = new("--out")
    {
        Description = $"The file. Default: {ReportFile.Name} in the folder; of several folders, here.",
        HelpName = "file",
    };

    public static Command Create() => new Command(
        "report", "Write a report of runs: curves, faults, the check of their history, job files, in one file that opens in a browser without a network.")
    {
        Runs,
        Out,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var paths = context.Get(Runs);
        var runs = Report.RunsOf(paths);
        var file = context.GetOrDefault(Out) ?? (paths.Length == 1 ? Path.Combine(paths[0], ReportFile.Name) : ReportFile.Name);
        var report = Report.Of(Report.TitleOf(paths), runs, context.Clock, new ReadingProgress(context.Error, context.Clock));
        Report.Write(file, report);
        context.Print(
            new ReportedEvent(Path.GetFullPath(file), runs.Count, report.Length),
            string.Create(CultureInfo.InvariantCulture, $"{file}: {runs.Count} run{(runs.Count == 1 ? "" : "s")}, {report.Length / 1e6:0.0} MB"));
        return Task.FromResult(ExitCode.Done);
    }
}
