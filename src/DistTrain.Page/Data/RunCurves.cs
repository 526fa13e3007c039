using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>
/// The curves of a run from its history, event by event, of any length in few points. Of each bucket of steps those are kept that have the lowest or the
/// highest value of a series, so that no peak is lost and every figure is one of the history; and the mean, which smoothed lines go by.
/// </summary>
/// <param name="buckets">Fewer than so many of them, even.</param>
public sealed class RunCurves(int buckets = RunCurves.Finest)
{
    /// <summary>Of a run alone: about ten thousand points where the history is longer.</summary>
    public const int Finest = 1024;

    /// <summary>Of evaluations, probes and steps without an update; what comes behind them is counted alone.</summary>
    internal const int MostPoints = 4000;

    private readonly Buckets<Extremes> _extremes = new(buckets, Extremes.Merge);
    private readonly Buckets<Means> _means = new(buckets, Means.Merge);
    private readonly Buckets<StripCell> _strip = new(buckets, StripCell.Merge);
    private readonly RunSummary _summary = new();
    private readonly List<EvaluationPoint> _evaluations = [];
    private readonly List<EvaluationPoint> _validations = [];
    private readonly List<ProbePoint> _probes = [];
    private readonly List<SkippedStep> _skipped = [];
    private readonly List<GenerationStart> _generations = [];
    private StepPoint? _last;

    /// <summary>The next event of the history.</summary>
    public void Add(MetricsEvent next)
    {
        _summary.Add(next);
        if (next.Ledger is { } entry)
            Add(next.StepNumber, entry);
        switch (next.EventCase)
        {
            case MetricsEvent.EventOneofCase.Step:
                Add(next.Step);
                break;
            case MetricsEvent.EventOneofCase.Evaluation:
                Keep(_evaluations, EvaluationPoint.Of(next.Evaluation));
                break;
            case MetricsEvent.EventOneofCase.Validation:
                Keep(_validations, EvaluationPoint.Of(next.Validation));
                break;
            case MetricsEvent.EventOneofCase.Probe:
                Keep(_probes, ProbePoint.Of(next.Probe));
                break;
        }
    }

    /// <summary>Up to where the curves stay as they are while their buckets have these widths.</summary>
    public Settled Settled
    {
        get
        {
            // A history without a ledger has no strip, and nothing in it that could change.
            var strip = _strip.All.Any() ? _strip.LastFull?.To ?? 0 : long.MaxValue;
            return new Settled(Math.Min(_extremes.LastFull?.To ?? 0, strip), _extremes.Width, _strip.Width);
        }
    }

    /// <summary>The curves of what was added so far.</summary>
    /// <param name="after">Only what is told of steps behind this one, and the figures, which are the whole run's.</param>
    public RunSeries ToSeries(long after = 0)
    {
        List<StepPoint> points = [.. _extremes.All.SelectMany(bucket => bucket.Points)];
        if (_last is not null && (points.Count == 0 || !ReferenceEquals(points[^1], _last)))
            points.Add(_last);
        return new RunSeries(
            _extremes.Width,
            StepColumns.Of([.. points.Where(p => p.Metrics.Step > after)]),
            _means.Width > 1 ? MeanColumns.Of([.. _means.All.Where(b => b.Last.Metrics.Step > after)]) : null,
            [.. _evaluations.Where(p => p.Step > after)],
            [.. _validations.Where(p => p.Step > after)],
            [.. _probes.Where(p => p.Step > after)],
            [.. _skipped.Where(s => s.Step > after)],
            [.. _generations.Where(g => g.Step > after)],
            [.. _strip.All.Where(cell => cell.To > after)],
            RunFigures.Of(_summary.ToResult(), _last?.Seconds ?? 0));
    }

    private static void Keep<T>(List<T> points, T point)
    {
        // The newest always: it is what the run has come to.
        if (points.Count == MostPoints)
            points.RemoveAt(MostPoints - 1);
        points.Add(point);
    }

    private void Add(long step, LedgerEntry entry)
    {
        _strip.Add(new StripCell(step, entry));
        if (_generations.Count == 0 || _generations[^1].Generation != entry.Generation)
            Keep(_generations, new GenerationStart(step, entry.Generation));
    }

    private void Add(StepMetrics step)
    {
        _last = new StepPoint(step, (_last?.Seen ?? 0) + step.Examples, (_last?.Seconds ?? 0) + (step.Milliseconds / 1000));
        _extremes.Add(new Extremes(_last));
        _means.Add(new Means(_last));
        if (step.Skipped.Length > 0)
            Keep(_skipped, new SkippedStep(step.Step, step.Skipped));
    }
}
