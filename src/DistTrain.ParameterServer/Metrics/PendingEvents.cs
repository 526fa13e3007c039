using DistTrain.Optimization.Landscape;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>
/// What is to be recorded, in its order. Training does not wait for the squared norms that a step's gauges need of other servers: the step waits for
/// them here, and what comes after it waits behind it.
/// </summary>
/// <param name="record">Records the next event.</param>
internal sealed class PendingEvents(Action<MetricsEvent> record)
{
    private readonly Lock _gate = new();
    private readonly Queue<Entry> _entries = [];
    private readonly Dictionary<long, SortedDictionary<int, double[]>> _parts = [];
    private readonly List<(long Step, TaskCompletionSource Recorded)> _waiting = [];
    private long _recorded = -1;
    private bool _isForsaken;

    /// <summary>All events are recorded.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _entries.Count == 0;
        }
    }

    /// <summary>An event that needs nothing of anybody.</summary>
    public void Add(MetricsEvent next) => Enqueue(new Entry(next, () => true));

    /// <summary>An event that needs something else; who brings it calls <see cref="Look"/>.</summary>
    public void Add(MetricsEvent next, Func<bool> isComplete) => Enqueue(new Entry(next, isComplete));

    /// <summary>Something may have become complete.</summary>
    public void Look()
    {
        lock (_gate)
            RecordReady();
    }

    /// <summary>A step that needs the sums of all servers.</summary>
    /// <param name="step">The step.</param>
    /// <param name="servers">How many there are.</param>
    /// <param name="quantities">Sums of a bucket.</param>
    /// <param name="complete">Completes it with the totals over the buckets of all servers, [quantities].</param>
    public void Add(MetricsEvent step, int servers, int quantities, Action<double[]> complete) =>
        Enqueue(new Entry(step, () => TryComplete(step.StepNumber, servers, quantities, complete)));

    /// <summary>A server's sums for a step that has closed there, and perhaps not here yet. What comes again changes nothing.</summary>
    /// <param name="server">The server.</param>
    /// <param name="step">The version that the step has made.</param>
    /// <param name="sums">[own buckets, quantities], row-major.</param>
    public void Take(int server, long step, double[] sums)
    {
        lock (_gate)
        {
            if (step <= _recorded)
                return;
            if (!_parts.TryGetValue(step, out var parts))
                _parts[step] = parts = [];
            parts.TryAdd(server, sums);
            RecordReady();
        }
    }

    /// <summary>Completes when all that was added up to the version <paramref name="step"/> is recorded; cancelled if that will not be.</summary>
    public Task Until(long step)
    {
        lock (_gate)
        {
            if (!_entries.Any(entry => entry.Event.StepNumber <= step))
                return Task.CompletedTask;
            if (_isForsaken)
                return Task.FromCanceled(new CancellationToken(canceled: true));
            var recorded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((step, recorded));
            return recorded.Task;
        }
    }

    /// <summary>Nothing more will come: what still waits is not recorded, and is done again where training goes on.</summary>
    public void Forsake()
    {
        lock (_gate)
        {
            _isForsaken = true;
            foreach (var (_, recorded) in _waiting)
                recorded.TrySetCanceled();
            _waiting.Clear();
        }
    }

    private void Enqueue(Entry entry)
    {
        lock (_gate)
        {
            _entries.Enqueue(entry);
            RecordReady();
        }
    }

    private void RecordReady()
    {
        while (!_isForsaken && _entries.TryPeek(out var next) && next.TryComplete())
        {
            _entries.Dequeue();
            record(next.Event);
            _recorded = Math.Max(_recorded, next.Event.StepNumber);
            _parts.Remove(next.Event.StepNumber);
        }

        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_entries.Any(entry => entry.Event.StepNumber <= _waiting[i].Step))
                continue;
            _waiting[i].Recorded.TrySetResult();
            _waiting.RemoveAt(i);
        }
    }

    private bool TryComplete(long step, int servers, int quantities, Action<double[]> complete)
    {
        if (!_parts.TryGetValue(step, out var parts) || parts.Count < servers)
            return false;
        complete(BucketOrder.Add([.. parts.Values.SelectMany(sums => sums)], quantities));
        return true;
    }

    private readonly record struct Entry(MetricsEvent Event, Func<bool> TryComplete);
}
