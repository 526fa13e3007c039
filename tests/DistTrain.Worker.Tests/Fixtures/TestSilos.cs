using DistTrain.Protocol.Transport;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Jobs.Queue;
using DistTrain.Worker.Ranks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;

namespace DistTrain.Worker.Tests.Fixtures;

/// <summary>
/// Two silos in this process, with the grains of jobs and nobody who calls them by himself. The time of jobs stands still until a test moves it; the silos' own
/// goes on.
/// </summary>
internal sealed class TestSilos : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private TestSilos(InProcessTestCluster cluster, FakeTimeProvider time, ErrorLog errors) => (_cluster, Time, Errors) = (cluster, time, errors);

    public FakeTimeProvider Time { get; }

    public ErrorLog Errors { get; }

    public IGrainFactory Grains => _cluster.Client;

    public IQueueGrain Queue => Grains.GetGrain<IQueueGrain>(0);

    public static async Task<TestSilos> StartAsync(params IReadOnlyList<string> servers)
    {
        var (time, errors) = (new FakeTimeProvider(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero)), new ErrorLog());
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorage(ClusterSetup.JobStorage);
            silo.AddPlacementDirector<RankPlacement, RankPlacementDirector>();
            silo.Services.AddSingleton(SmallJob.SiloOf(servers));
            silo.Services.AddSingleton(new PeerChannels(certificates: null));
            silo.Services.AddSingleton<DatasetCache>();
            silo.Services.AddSingleton(new JobClock(time));
        });
        builder.ConfigureSiloHost((_, host) => host.Logging.AddProvider(errors));
        var cluster = builder.Build();
        await cluster.DeployAsync().For("two silos start");
        return new TestSilos(cluster, time, errors);
    }

    public IJobGrain Job(string id) => Grains.GetGrain<IJobGrain>(id);

    /// <summary>Looks at a job once, as the queue does each second.</summary>
    public async Task<JobDescription> TickAsync(string id)
    {
        await Job(id).TickAsync().For($"a look at job {id}");
        return await Job(id).DescribeAsync();
    }

    /// <summary>Looks at a job until it is as it should be; the time of jobs stands still.</summary>
    public Task<JobDescription> TickUntilAsync(string id, Func<JobDescription, bool> holds, string what) => Waiting.UntilAsync(() => TickAsync(id), holds, what);

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Errors.Dispose();
    }
}
