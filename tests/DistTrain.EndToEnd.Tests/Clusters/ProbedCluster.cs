namespace DistTrain.EndToEnd.Tests.Clusters;

/// <summary>A silo and two servers for the probes of one class, one test after the other.</summary>
public sealed class ProbedCluster : IAsyncLifetime
{
    private StandingCluster? _cluster;
    private Silo? _silo;

    internal RunFolder Folder { get; } = new();

    internal StandingCluster Cluster => _cluster!;

    internal Silo Silo => _silo!;

    public async ValueTask InitializeAsync()
    {
        (_cluster, var silos) = await StandingCluster.StartAsync(Folder, silos: 1, servers: 2);
        _silo = silos[0];
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        Folder.Dispose();
    }
}
