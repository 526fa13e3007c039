using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Stands for a rank: tells where it is, and counts in stored state.</summary>
public interface IPlacedGrain : IGrainWithStringKey
{
    Task<string> SiloAsync();

    Task<int> CountAsync();

    /// <summary>The same as long as the grain lives where it is.</summary>
    Task<Guid> LifeAsync();
}

[KeepAlive]
[RankPlacement]
public sealed class PlacedGrain(
    ILocalSiloDetails silo,
    [PersistentState("count", ClusterSetup.JobStorage)] IPersistentState<PlacedGrain.Counter> counter) : Grain, IPlacedGrain
{
    private readonly Guid _life = Guid.NewGuid();

    public Task<Guid> LifeAsync() => Task.FromResult(_life);

    public Task<string> SiloAsync() => Task.FromResult(silo.Name);

    public async Task<int> CountAsync()
    {
        counter.State.Count++;
        await counter.WriteStateAsync();
        return counter.State.Count;
    }

    // State that moves with its grain, instead of being read again, travels by Orleans' serializer.
    [GenerateSerializer]
    public sealed class Counter
    {
        [Id(0)]
        public int Count { get; set; }
    }
}
