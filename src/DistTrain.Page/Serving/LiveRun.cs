using System.Text.Json.Nodes;
using DistTrain.Page.Data;
using DistTrain.Protocol;

namespace DistTrain.Page.Serving;

/// <summary>A run while it lasts: its curves grow by the events that its command sees, its log by what happens. Any thread may add to it.</summary>
/// <param name="name">Name of its folder.</param>
/// <param name="job">Id of its job.</param>
/// <param name="jobFile">The resolved job.</param>
/// <param name="keys">The same by dotted paths.</param>
/// <param name="buckets">Of its curves.</param>
public sealed class LiveRun(string name, string job, string jobFile, IReadOnlyDictionary<string, string> keys, int buckets = RunCurves.Finest)
{
    private readonly Lock _gate = new();
    private readonly RunCurves _curves = new(buckets);
    private readonly List<RunLogLine> _log = [];
    private RunProgress _progress = new("running", 0, null);
    private JsonNode? _data;

    /// <summary>An event of its history.</summary>
    public void Add(MetricsEvent next)
    {
        lock (_gate)
            _curves.Add(next);
    }

    /// <summary>Something happened to it.</summary>
    public void Add(RunLogLine line)
    {
        lock (_gate)
        {
            if (_log.Count < RunLog.MostLines)
                _log.Add(line);
        }
    }

    /// <summary>How it stands.</summary>
    public void Stand(RunProgress progress)
    {
        lock (_gate)
            _progress = progress with { Ranks = _progress.Ranks, Hangs = _progress.Hangs };
    }

    /// <summary>Where its ranks' time goes.</summary>
    /// <param name="ranks">Each of them.</param>
    /// <param name="hangs">What the open step waits for; null: it goes on.</param>
    public void Measure(IReadOnlyList<RankRow> ranks, string? hangs)
    {
        lock (_gate)
            _progress = _progress with { Ranks = ranks, Hangs = hangs };
    }

    /// <summary>What was understood of its data.</summary>
    public void Know(JsonNode? data)
    {
        lock (_gate)
            _data = data;
    }

    /// <summary>All of it.</summary>
    internal RunPage Whole()
    {
        lock (_gate)
        {
            var ledger = new LedgerFindings(LedgerFindings.Unchecked, 0, [], [], 0);
            return new RunPage(name, job, _progress.State, jobFile, keys, _curves.ToSeries(), ledger, [.. _log], null, _data?.DeepClone(), []) { Progress = _progress };
        }
    }

    /// <summary>What a viewer does not have who was told all up to a step that is settled.</summary>
    internal RunTail Tail(int number, Settled known)
    {
        lock (_gate)
        {
            var settled = _curves.Settled;
            var after = settled.IsFurther(known) ? known.Step : 0;
            return new RunTail(number, after, _progress, _curves.ToSeries(after), [.. _log]) { Settled = settled };
        }
    }
}
