using DistTrain.Observability;

namespace DistTrain.Cli.Commands;

/// <summary>What a command waits for. What lasts is said, once: with who and since when; and again when it is over.</summary>
/// <param name="log">Standard error.</param>
/// <param name="clock">Measures waits.</param>
internal sealed class CommandWaits(TextWriter log, TimeProvider clock)
{
    /// <summary>Waits until the result is disposed.</summary>
    /// <param name="whom">Whom or what the command waits for.</param>
    public IDisposable Begin(string whom) => new Wait(whom, log, clock);

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

    private sealed class Wait : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly string _whom;
        private readonly TextWriter _log;
        private readonly TimeProvider _clock;
        private readonly long _begun;
        private readonly DateTimeOffset _since;
        private readonly ITimer _timer;
        private bool _isSaid;
        private bool _isOver;

        public Wait(string whom, TextWriter log, TimeProvider clock)
        {
            (_whom, _log, _clock, _begun, _since) = (whom, log, clock, clock.GetTimestamp(), clock.GetUtcNow());
            _timer = clock.CreateTimer(_ => Say(), state: null, WaitText.Patience, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (_isSaid && !_isOver)
                    _log.WriteLine(WaitText.Over(_whom, _clock.GetElapsedTime(_begun)));
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
                _log.WriteLine(WaitText.Begun(_whom, _since));
            }
        }
    }
}
