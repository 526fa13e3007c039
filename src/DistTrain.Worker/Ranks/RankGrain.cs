using DistTrain.Worker.Cluster;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Ranks;

/// <summary>Holds a rank's loop. Compute never runs on the grain's own scheduler: a busy turn would look like a dead silo.</summary>
[RankPlacement]
[KeepAlive]
internal sealed class RankGrain(DatasetCache datasets, ILogger<RankGrain> logger, ILocalSiloDetails silo) : Grain, IRankGrain
{
    private RankLoop? _loop;

    public async Task<RankProgress> RunAsync(RankAssignment assignment)
    {
        if (_loop is not null && (_loop.IsLost || _loop.Assignment.Generation != assignment.Generation))
            await StopAsync();
        _loop ??= RankLoop.Start(assignment, silo.SiloAddress.ToString(), datasets, logger);
        return _loop.Progress();
    }

    public async Task StopAsync()
    {
        if (_loop is { } loop)
        {
            _loop = null;
            await loop.DisposeAsync();
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => StopAsync();
}
