using DistTrain.Observability;

namespace DistTrain.Worker.Cluster;

/// <summary>A SQLite file in a folder, for silos of one machine.</summary>
/// <param name="Folder">On a local disk; made if missing.</param>
public sealed record FolderStore(string Folder) : ClusterStore
{
    internal override string Name => $"the cluster's folder {Folder}";

    internal override Task<IClusterConnection> OpenAsync(Waits waits, CancellationToken stop)
    {
        try
        {
            return Task.FromResult<IClusterConnection>(new Connection(Path.Combine(Directory.CreateDirectory(Folder).FullName, "cluster.db")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClusterStoreException($"the cluster's folder {Folder} can't be made: {e.Message}", e);
        }
    }

    private sealed class Connection(string database) : IClusterConnection
    {
        public void Use(ISiloBuilder silo) => silo.UseSqliteCluster(database);

        public ValueTask DisposeAsync() => default;
    }
}
