using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// One role of the local cluster: when its process ends unasked it is started again, at the same endpoint, after waits that grow.
/// </summary>
internal sealed class SupervisedChild : IDisposable
{
    /// <summary>A process that lived so long had started well.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private static readonly Backoff Waits = new(TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(5));

    private readonly Lock _gate = new();
    private readonly SelfExecutable _executable;
    private readonly Func<int, ChildStart> _start;
    private readonly TimeProvider _clock;
    private readonly Action<ChildExit> _restarting;
    private readonly int _mostFailures;
    private readonly Action<string> _back;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource<ChildExit> _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChildProcess _child;

    /// <param name="executable">The program.</param>
    /// <param name="start">How it is started on a port; 0 the first time.</param>
    /// <param name="clock">Measures lives and waits.</param>
    /// <param name="restarting">Told of each end after which it is started again.</param>
    /// <param name="mostFailures">Ends in a row, each soon after the start, after which it is not started again.</param>
    /// <param name="back">Told its name each time that it listens again.</param>
    public SupervisedChild(SelfExecutable executable, Func<int, ChildStart> start, TimeProvider clock, Action<ChildExit> restarting, int mostFailures, Action<string> back)
    {
        (_executable, _start, _clock, _restarting, _mostFailures, _back) = (executable, start, clock, restarting, mostFailures, back);
        _child = ChildProcess.Start(executable, start(0));
        Listening = _child.Listening;
        _ = SuperviseAsync();
    }

    public string Name => _child.Name;

    /// <summary>The process that runs and has announced itself; null while there is none.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_gate)
                return _child is { Exited.IsCompleted: false, Listening.IsCompletedSuccessfully: true } ? _child.ProcessId : null;
        }
    }

    /// <summary>Completes with the announced endpoint, which stays.</summary>
    public Task<Endpoint> Listening { get; }

    /// <summary>Completes when it ended unasked and is not started again.</summary>
    public Task<ChildExit> GivenUp => _givenUp.Task;

    /// <summary>Completes when the process that runs now is gone.</summary>
    public Task<ChildExit> Exited
    {
        get
        {
            lock (_gate)
                return _child.Exited;
        }
    }

    /// <summary>Asks the process to end in order; from now on it is not started again.</summary>
    public void AskToEnd()
    {
        lock (_gate)
        {
            _ending.Cancel();
            _child.AskToEnd();
        }
    }

    /// <summary>Ends the process and whatever it started, at once; from now on it is not started again.</summary>
    public void Kill()
    {
        lock (_gate)
        {
            _ending.Cancel();
            _child.Kill();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _child.Dispose();
        _ending.Dispose();
    }

    private async Task SuperviseAsync()
    {
        for (var failures = 1; ; failures++)
        {
            var started = _clock.GetTimestamp();
            var exit = await Exited;
            if (_clock.GetElapsedTime(started) > Settled)
                failures = 1;
            if (_ending.IsCancellationRequested)
                return;
            // What never listened would not the second time either.
            if (!Listening.IsCompletedSuccessfully || failures > _mostFailures)
            {
                _givenUp.TrySetResult(exit);
                return;
            }

            _restarting(exit);
            try
            {
                await Task.Delay(Waits.After(failures), _clock, _ending.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            lock (_gate)
            {
                if (_ending.IsCancellationRequested)
                    return;
                _child.Dispose();
                _child = ChildProcess.Start(_executable, _start(Listening.Result.Port));
                _ = TellAsync(_child);
            }
        }
    }

    private async Task TellAsync(ChildProcess again)
    {
        if (await Task.WhenAny(again.Listening, again.Exited) == again.Listening && again.Listening.IsCompletedSuccessfully)
            _back(again.Name);
    }
}
