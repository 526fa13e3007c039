using DistTrain.Page.Data;
using DistTrain.Page.Serving;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.Worker.Viewing;

/// <summary>What a watcher of a job is told, as the curves and the log of the page. What is told again, because it was followed anew, is passed over.</summary>
/// <param name="run">Grows.</param>
/// <param name="store">Told of it.</param>
internal sealed class RunFeed(LiveRun run, PageStore store) : IServerStreamWriter<JobEvent>
{
    private readonly HashSet<(MetricsEvent.EventOneofCase, long)> _evaluated = [];
    private readonly HashSet<RunLogLine> _said = [];

    /// <summary>The first step that it has not been told of.</summary>
    public long NextStep { get; private set; }

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>It takes what comes at once: there is nothing to break off.</summary>
    public Task WriteAsync(JobEvent message, CancellationToken cancellationToken) => WriteAsync(message);

    public Task WriteAsync(JobEvent message)
    {
        switch (message.EventCase)
        {
            case JobEvent.EventOneofCase.Summary:
                run.Stand(new RunProgress(StateOf(message.Summary.State), message.Summary.TotalSteps, Said(message.Summary.Waits)));
                break;
            case JobEvent.EventOneofCase.Log:
                Add(message.Log);
                break;
            case JobEvent.EventOneofCase.Ranks:
                run.Measure([.. message.Ranks.Ranks.Select(RowOf)], Said(message.Ranks.Hangs));
                break;
            case JobEvent.EventOneofCase.Step:
                NextStep = message.Step.Step + 1;
                run.Add(new MetricsEvent { Step = message.Step });
                break;
            case JobEvent.EventOneofCase.Evaluation:
                Add(new MetricsEvent { Evaluation = message.Evaluation }, message.Evaluation.Step);
                break;
            case JobEvent.EventOneofCase.Validation:
                Add(new MetricsEvent { Validation = message.Validation }, message.Validation.Step);
                break;
            case JobEvent.EventOneofCase.Probe:
                Add(new MetricsEvent { Probe = message.Probe }, message.Probe.Step);
                break;
        }

        store.Tell();
        return Task.CompletedTask;
    }

    private void Add(MetricsEvent next, long step)
    {
        if (_evaluated.Add((next.EventCase, step)))
            run.Add(next);
    }

    private void Add(LogLine line)
    {
        var said = new RunLogLine(DateTimeOffset.FromUnixTimeMilliseconds(line.Time), line.Step, KindOf(line.Kind), line.Text, line.Redone);
        if (_said.Add(said))
            run.Add(said);
    }

    private static RankRow RowOf(RankTiming rank) => new(rank.Rank, Said(rank.Silo), rank.Compute, rank.Push, rank.Wait, rank.Update, rank.Pull, rank.IsSlow);

    private static string? Said(string text) => text.Length == 0 ? null : text;

    private static RunLogKind KindOf(LogKind kind) => kind switch
    {
        LogKind.Restored => RunLogKind.Restored,
        LogKind.Moved => RunLogKind.Moved,
        LogKind.Waits => RunLogKind.Waits,
        LogKind.WaitOver => RunLogKind.WaitOver,
        LogKind.Fault => RunLogKind.Fault,
        _ => RunLogKind.Note,
    };

    private static string StateOf(JobState state) => state.ToString().ToLowerInvariant();
}
