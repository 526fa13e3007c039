using DistTrain.Client;
using DistTrain.Observability;

namespace DistTrain.Cli.Jobs;

/// <summary>Says that a command has no word of its job, and when it has again.</summary>
internal sealed class WatchWait(Waits waits) : IDisposable
{
    private IDisposable? _wait;

    /// <summary>The same watch, whose waits are said.</summary>
    public WatchOptions Of(WatchOptions watch) => watch with
    {
        Reconnecting = failure => _wait ??= waits.Begin($"the cluster ({failure.Message})"),
        Reconnected = Dispose,
    };

    public void Dispose()
    {
        _wait?.Dispose();
        _wait = null;
    }
}
