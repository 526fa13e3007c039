using System.Threading.Channels;

namespace DistTrain.Operator.Reconciling;

/// <summary>Wakes one waiter; several calls before it looks are one.</summary>
internal sealed class Signal(TimeProvider clock)
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Returns when it is set, or after <paramref name="limit"/>; null: no limit.</summary>
    public async Task WaitAsync(TimeSpan? limit, CancellationToken cancel)
    {
        using var late = limit is { } time ? new CancellationTokenSource(time, clock) : new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            await _set.Reader.ReadAsync(end.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The limit.
        }
    }
}
