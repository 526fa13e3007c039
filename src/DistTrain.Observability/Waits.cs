namespace DistTrain.Observability;

/// <summary>What a command, or a role at its start, waits for. What lasts is said, once: with who and since when; and again when it is over.</summary>
/// <param name="say">Takes a line.</param>
/// <param name="clock">Measures waits.</param>
public sealed class Waits(Action<string> say, TimeProvider clock)
{
    /// <summary>Waits until the result is disposed.</summary>
    /// <param name="whom">Whom or what is waited for.</param>
    public Wait Begin(string whom) => new(whom, say, clock);

    /// <summary>Waits while a task runs.</summary>
    public async Task<T> DuringAsync<T>(string whom, Task<T> task)
    {
        using var wait = Begin(whom);
        return await task;
    }

    /// <inheritdoc cref="DuringAsync{T}(string, Task{T})"/>
    public async Task DuringAsync(string whom, Task task)
    {
        using var wait = Begin(whom);
        await task;
    }

    /// <summary>One of them; over when it is disposed.</summary>
    public sealed class Wait : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly string _whom;
        private readonly Action<string> _say;
        private readonly TimeProvider _clock;
        private readonly long _begun;
        private readonly DateTimeOffset _since;
        private readonly ITimer _timer;
        private string? _reason;
        private bool _isSaid;
        private bool _isOver;

        internal Wait(string whom, Action<string> say, TimeProvider clock)
        {
            (_whom, _say, _clock, _begun, _since) = (whom, say, clock, clock.GetTimestamp(), clock.GetUtcNow());
            _timer = clock.CreateTimer(_ => Say(), state: null, WaitText.Patience, Timeout.InfiniteTimeSpan);
        }

        /// <summary>Why it lasts, as far as is known.</summary>
        public void Because(string reason)
        {
            lock (_gate)
                _reason = reason;
        }

        /// <summary>It is over.</summary>
        public void Dispose()
        {
            lock (_gate)
            {
                if (_isSaid && !_isOver)
                    _say(WaitText.Over(_whom, _clock.GetElapsedTime(_begun)));
                _isOver = true;
            }

            _timer.Dispose();
        }

        private void Say()
        {
            lock (_gate)
            {
                if (_isOver)
                    return;
                _isSaid = true;
                _say(WaitText.Begun(_whom, _since, _reason));
            }
        }
    }
}
