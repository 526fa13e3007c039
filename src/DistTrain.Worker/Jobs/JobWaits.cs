using DistTrain.Observability;

namespace DistTrain.Worker.Jobs;

/// <summary>
/// What a job waits for. What lasts is said in its log, once: with who and since when; and again when it is over. A wait begins when somebody is asked,
/// not when the answer fails to come: a call may take half a minute to find that out.
/// </summary>
/// <param name="notes">The job's log.</param>
/// <param name="clock">Measures waits.</param>
internal sealed class JobWaits(JobNotes notes, JobClock clock)
{
    private readonly Dictionary<string, Wait> _open = [];

    /// <summary>What has lasted, in words; null: nothing.</summary>
    public string? Text => _open.Values.Where(w => w.IsSaid).Select(w => w.Text).ToList() is { Count: > 0 } lasting ? string.Join("; ", lasting) : null;

    /// <summary>Since when somebody has been asked in vain; null: the last question was answered.</summary>
    /// <param name="whom">As in <see cref="Begin"/>.</param>
    public TimeSpan? Since(string whom) => _open.TryGetValue(whom, out var wait) ? wait.Begun : null;

    /// <summary>Somebody is asked, again perhaps.</summary>
    /// <param name="whom">Whom or what the job waits for, e.g. "server 127.0.0.1:6000".</param>
    public void Begin(string whom) => _open.TryAdd(whom, new Wait(whom, clock.Now, clock.UtcNow));

    /// <summary>The asked does not answer; the wait goes on.</summary>
    public void Fail(string whom, string reason)
    {
        Begin(whom);
        _open[whom].Reason = reason;
    }

    /// <summary>There is an answer.</summary>
    public void End(string whom)
    {
        if (_open.Remove(whom, out var wait) && wait.IsSaid)
            notes.Say(WaitText.Over(whom, clock.Now - wait.Begun), JobLogKind.WaitOver);
    }

    /// <summary>The job has ended, or what it waited for is of no use any more.</summary>
    public void EndAll() => _open.Clear();

    /// <summary>Waits while a task runs.</summary>
    public async Task<T> DuringAsync<T>(string whom, Task<T> task)
    {
        Begin(whom);
        try
        {
            return await task;
        }
        finally
        {
            End(whom);
        }
    }

    /// <summary>Says what has come to last. Called each second, by whoever looks at the job, also while the job itself waits for an answer.</summary>
    public void Look()
    {
        foreach (var wait in _open.Values.Where(w => !w.IsSaid && clock.Now - w.Begun >= WaitText.Patience))
        {
            wait.IsSaid = true;
            notes.Say(wait.Text, JobLogKind.Waits);
        }
    }

    private sealed class Wait(string whom, TimeSpan begun, DateTimeOffset since)
    {
        public TimeSpan Begun { get; } = begun;

        public bool IsSaid { get; set; }

        public string? Reason { get; set; }

        public string Text => WaitText.Begun(whom, since, Reason);
    }
}
