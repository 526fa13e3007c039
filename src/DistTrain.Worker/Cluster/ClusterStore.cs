using DistTrain.Observability;

namespace DistTrain.Worker.Cluster;

/// <summary>Where a cluster keeps its membership and the records of its jobs. Silos with the same store are one cluster.</summary>
public abstract record ClusterStore
{
    /// <summary>For messages.</summary>
    internal abstract string Name { get; }

    /// <summary>Opens what the silo needs of it as long as it runs.</summary>
    /// <param name="waits">Told what this waits for.</param>
    /// <param name="stop">The silo is not wanted any more.</param>
    /// <returns>To be disposed after the silo.</returns>
    /// <exception cref="ClusterStoreException">It can't be used; the message says why.</exception>
    internal abstract Task<IClusterConnection> OpenAsync(Waits waits, CancellationToken stop);
}

/// <summary>A store that one silo has opened.</summary>
internal interface IClusterConnection : IAsyncDisposable
{
    /// <summary>Makes the silo a member of the cluster that keeps itself there.</summary>
    void Use(ISiloBuilder silo);
}
