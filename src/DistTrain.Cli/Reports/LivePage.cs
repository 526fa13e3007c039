using DistTrain.Cli.Cluster;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Client;
using DistTrain.Page.Data;
using DistTrain.Page.Serving;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Reports;

/// <summary>The page that a command serves of its runs while they last.</summary>
internal sealed class LivePage : IAsyncDisposable
{
    private readonly PageStore _store;
    private readonly PageHost _host;
    private readonly int _buckets;

    private LivePage(PageStore store, PageHost host, int buckets) => (_store, _host, _buckets) = (store, host, buckets);

    /// <summary>Serves one, and says where. A run does not fail for want of a page: then why there is none is said, and it is null.</summary>
    /// <param name="context">Of the command.</param>
    /// <param name="title">What it is of.</param>
    /// <param name="port">0: a free one; null: none is wanted.</param>
    /// <param name="runs">How many there will be.</param>
    public static async Task<LivePage?> OpenAsync(CommandContext context, string title, int? port, int runs = 1)
    {
        if (port is not { } wanted)
            return null;
        var store = new PageStore(title, RunDiary.Program, context.Clock) { Notes = Comparison.Notes };
        try
        {
            var host = await PageHost.StartAsync(store, wanted, context.Clock, context.Interruption.Requested);
            context.Print(new PageEvent(host.Address.ToString()), $"page: {host.Address}");
            return new LivePage(store, host, Report.BucketsOf(runs));
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            await context.Error.WriteLineAsync($"no page: {e.Message}");
            return null;
        }
    }

    /// <summary>A run begins.</summary>
    public IRunWatcher Begin(RunFolder folder, string id, TrainingJob job)
    {
        var run = new LiveRun(Path.GetFileName(folder.FullPath), id, JobFile.Write(job), JobFile.Values(job), _buckets);
        _store.Begin(run);
        return new Watcher(_store, run, folder);
    }

    /// <summary>A run is over: its files say more of it than was told.</summary>
    public void End(RunFolder folder)
    {
        try
        {
            _store.End(RunReader.Read(folder.FullPath, _buckets));
        }
        catch (CommandException)
        {
            // It never had a history; why the run failed its command says.
        }
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private sealed class Watcher(PageStore store, LiveRun run, RunFolder folder) : IRunWatcher
    {
        private bool _knowsData;

        public void Seen(JobEvent next)
        {
            if (next is JobSummary summary)
                run.Stand(new RunProgress(summary.State.Name(), summary.TotalSteps, summary.Waits));
            else if (next is RankTimings timings)
                run.Measure(RanksFile.Rows(timings), timings.Hangs);
            else if (LiveEvents.Of(next) is { } line)
                run.Add(line);
            if (!_knowsData && next is StepMetrics)
            {
                _knowsData = true;
                run.Know(RunReader.DataOf(folder));
            }

            store.Tell();
        }

        public void Happened(RunLogLine line)
        {
            run.Add(line);
            store.Tell();
        }
    }
}
