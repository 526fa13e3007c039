using System.CommandLine;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Reports;
using DistTrain.Page.Serving;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain page</c>: finished runs in a browser, from their folders.</summary>
internal static class PageCommand
{
    private static readonly Argument<string[]> Runs = new("run")
    {
        Description = "Folders of runs, or of a study or chaos: all runs in it. Several are compared.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> Port = SharedOptions.Number("--port", "Where it listens on 127.0.0.1; 0 takes a free port.", 0, 0, 65535);

    public static Command Create() => new Command("page", "Show runs in a browser, from their folders, until Ctrl-C: the page that a report has in one file.")
    {
        Runs,
        Port,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var paths = context.Get(Runs);
        var pages = Report.Read(Report.RunsOf(paths), new ReadingProgress(context.Error, context.Clock));
        var store = new PageStore(Report.TitleOf(paths), RunDiary.Program, context.Clock) { Notes = Comparison.Notes };
        foreach (var page in pages)
            store.End(page);
        PageHost host;
        try
        {
            host = await PageHost.StartAsync(store, context.Get(Port), context.Clock, context.Interruption.Requested);
        }
        catch (IOException e)
        {
            throw CommandException.BadInput($"--port {context.Get(Port)}: {e.Message}");
        }

        await using (host)
        {
            context.Interruption.EndsInOrder = true;
            context.Print(new PageEvent(host.Address.ToString()), $"page: {host.Address} (Ctrl-C ends it)");
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Clock, context.Interruption.Requested).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCode.Done;
    }
}
