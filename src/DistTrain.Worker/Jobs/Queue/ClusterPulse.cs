using DistTrain.Worker.Cluster;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs.Queue;

/// <summary>Each silo calls the queue once a second, so that the grains of a dead silo come back without a client.</summary>
internal sealed class ClusterPulse(
    IGrainFactory grains,
    ILocalSiloDetails silo,
    SiloOptions options,
    TimeProvider time,
    ILogger<ClusterPulse> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var slots = options.RankSlots > 0 ? options.RankSlots : Environment.ProcessorCount;
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await grains.GetGrain<IQueueGrain>(0).PulseAsync(silo.SiloAddress.ToString(), slots).WaitAsync(stoppingToken);
            }
            catch (Exception e) when (e is TimeoutException or OrleansException or InvalidOperationException)
            {
                JobLog.QueueAway(logger, StoreFailure.Line(e, options.Cluster));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
