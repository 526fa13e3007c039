using DistTrain.Page.Data;

namespace DistTrain.Page.Serving;

/// <summary>What a served page shows: runs that are over, and one that lasts perhaps. Any thread may change it.</summary>
/// <param name="title">What it is of.</param>
/// <param name="program">Version of the program.</param>
/// <param name="clock">Dates documents.</param>
public sealed class PageStore(string title, string program, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly List<RunPage> _over = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LiveRun? _live;
    private byte[]? _document;

    /// <summary>What is to be said of the runs together.</summary>
    public Func<IReadOnlyList<RunPage>, IReadOnlyList<string>> Notes { get; init; } = _ => [];

    /// <summary>Counts the changes of which runs there are: between two of them one that lasts grows, and nothing else.</summary>
    public long Edition { get; private set; } = 1;

    /// <summary>Completes with the next change of any kind.</summary>
    public Task News
    {
        get
        {
            lock (_gate)
                return _news.Task;
        }
    }

    /// <summary>A run begins, and is shown while it lasts.</summary>
    public void Begin(LiveRun run)
    {
        lock (_gate)
            (_live, Edition) = (run, Edition + 1);
        Tell();
    }

    /// <summary>A run is over; the one that lasted gives way to it.</summary>
    public void End(RunPage run)
    {
        lock (_gate)
        {
            _over.Add(run);
            (_live, Edition) = (null, Edition + 1);
        }

        Tell();
    }

    /// <summary>The run that lasts has grown.</summary>
    public void Tell()
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            _document = null;
            (waiting, _news) = (_news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.TrySetResult();
    }

    /// <summary>All that is shown, as JSON; the same for all that ask until something changes.</summary>
    public byte[] Document()
    {
        lock (_gate)
        {
            if (_document is not null)
                return _document;
            IReadOnlyList<RunPage> runs = _live is null ? [.. _over] : [.. _over, _live.Whole()];
            return _document = new PageDocument(title, program, clock.GetUtcNow(), runs, Notes(runs)) { Edition = Edition }.ToJson();
        }
    }

    /// <summary>What has grown of the run that lasts behind what is settled already; null: none lasts.</summary>
    /// <param name="known">What was told with the last tail.</param>
    internal RunTail? Tail(Settled known)
    {
        lock (_gate)
            return _live?.Tail(_over.Count, known);
    }
}
