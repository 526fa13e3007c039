namespace DistTrain.Worker.Cluster;

/// <summary>
/// Lets the silos of one machine write themselves into the membership one after another. Of two that write at the same moment one has not seen the
/// other and loses, rightly; but Orleans tries again only after two to four seconds, and the silos of a run start at the same moment. Nothing depends on
/// the turn but that time: who does not get it soon goes on without.
/// </summary>
/// <param name="path">The file that is held, on a local disk; made if missing.</param>
/// <param name="time">Measures the patience.</param>
internal sealed class JoinTurn(string path, TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>A turn takes some 10 ms; no longer than a lost write would cost.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(5);

    private FileLock? _held;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle)
    {
        // The two writes of a silo that starts: that it joins, and that it is active. Between them other silos may write theirs.
        Around(ServiceLifecycleStage.AfterRuntimeGrainServices);
        Around(ServiceLifecycleStage.BecomeActive);

        void Around(int stage)
        {
            lifecycle.Subscribe(nameof(JoinTurn), stage - 1, TakeAsync);
            lifecycle.Subscribe(nameof(JoinTurn), stage + 1, _ =>
            {
                Dispose();
                return Task.CompletedTask;
            });
        }
    }

    /// <summary>Ends the turn.</summary>
    public void Dispose() => Interlocked.Exchange(ref _held, null)?.Dispose();

    /// <summary>Waits for the turn, but not for long.</summary>
    internal async Task TakeAsync(CancellationToken stop)
    {
        var begun = time.GetTimestamp();
        try
        {
            while ((_held = FileLock.TryTake(path)) is null && time.GetElapsedTime(begun) < Patience)
                await Task.Delay(LookInterval, time, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where no file can be held there are no turns.
        }
    }
}
