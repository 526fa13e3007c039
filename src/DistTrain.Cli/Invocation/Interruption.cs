using System.Runtime.InteropServices;

namespace DistTrain.Cli.Invocation;

/// <summary>
/// Ctrl-C, SIGTERM and the closing of the terminal as cancellation: the first asks the command to end in order, the second
/// to end at once, and what comes after that falls to the operating system.
/// </summary>
/// <param name="clock">Measures the patience with a command that holds nothing, and tells a signal that comes twice from a second one.</param>
internal sealed class Interruption(TimeProvider clock) : IDisposable
{
    /// <summary>For a command that holds nothing: it may be reading, or computing, and look at no token.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private const long Never = long.MinValue;

    private static readonly TimeSpan EchoTime = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _overdue = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _requested = new();
    private readonly CancellationTokenSource _forced = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private long _terminated = Never;
    private int _count;

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Requested => _requested.Token;

    /// <summary>Cancelled by the second signal where <see cref="HandlesForce"/> is set.</summary>
    public CancellationToken Forced => _forced.Token;

    /// <summary>Completes when a command that holds nothing has not ended by itself in time after the first signal.</summary>
    public Task Overdue => _overdue.Task;

    /// <summary>Set by a command that holds processes, ranks or jobs: it ends in order, within limits of its own, and says what it is finishing.</summary>
    public bool EndsInOrder { get; set; }

    /// <summary>Set by a command that has something to clean up even on a second signal; otherwise that one just ends the process.</summary>
    public bool HandlesForce { get; set; }

    /// <summary>Set by a child of <c>train</c>: signals are for its parent, which tells it by other means when to end.</summary>
    public bool ObeysParent { get; set; }

    /// <summary>Starts to listen for the process's signals.</summary>
    public static Interruption OfProcess(TimeProvider clock)
    {
        var interruption = new Interruption(clock);
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
            interruption._registrations.Add(PosixSignalRegistration.Create(
                signal, context => context.Cancel = interruption.Receive(context.Signal)));
        return interruption;
    }

    /// <summary>Takes one signal.</summary>
    /// <returns>False when the operating system's own reaction (ending the process) shall follow.</returns>
    public bool Receive(PosixSignal signal)
    {
        if (ObeysParent || IsEcho(signal))
            return true;
        switch (Interlocked.Increment(ref _count))
        {
            case 1:
                // Callbacks may block; the signal's own thread must not wait for them.
                _ = _requested.CancelAsync();
                _ = WaitAsync();
                return true;
            case 2 when HandlesForce:
                _ = _forced.CancelAsync();
                return true;
            default:
                return false;
        }
    }

    /// <summary>
    /// <c>timeout</c> signals its child and then the child's whole group, and so does systemd: SIGTERM comes twice at once and is one wish.
    /// </summary>
    private bool IsEcho(PosixSignal signal)
    {
        if (signal != PosixSignal.SIGTERM)
            return false;
        var now = clock.GetTimestamp();
        var first = Interlocked.CompareExchange(ref _terminated, now, Never);
        return first != Never && clock.GetElapsedTime(first, now) < EchoTime;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _requested.Dispose();
        _forced.Dispose();
    }

    private async Task WaitAsync()
    {
        await Task.Delay(Patience, clock);
        if (!EndsInOrder)
            _overdue.TrySetResult();
    }
}
