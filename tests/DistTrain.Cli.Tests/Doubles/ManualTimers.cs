namespace DistTrain.Cli.Tests.Doubles;

/// <summary>A clock and timers that the test moves.</summary>
internal sealed class ManualTimers : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _ticks;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that are not due yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _timers.Count;
        }
    }

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        Timer[] due;
        lock (_gate)
        {
            _ticks += time.Ticks;
            due = [.. _timers.Where(t => t.Due <= _ticks)];
            _timers.RemoveAll(t => due.Contains(t));
        }

        foreach (var timer in due)
            timer.Callback();
    }

    /// <summary>Returns once <paramref name="count"/> timers wait.</summary>
    public async Task WaitedForAsync(int count, string what)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_timers.Count == count)
                    return;
                changed = _changed.Task;
            }

            await changed.For($"{count} timers: {what}");
        }
    }

    private void Set(Timer timer, TimeSpan? due)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _timers.Remove(timer);
            if (due is { } wait && wait != Timeout.InfiniteTimeSpan)
            {
                timer.Due = _ticks + wait.Ticks;
                _timers.Add(timer);
            }

            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.TrySetResult();
    }

    private sealed class Timer(ManualTimers clock, Action callback) : ITimer
    {
        public long Due { get; set; }

        public Action Callback { get; } = callback;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Set(this, dueTime);
            return true;
        }

        public void Dispose() => clock.Set(this, null);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
