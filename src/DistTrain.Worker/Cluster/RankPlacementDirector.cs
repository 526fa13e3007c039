using Orleans.Runtime.Placement;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// Rank r of a job belongs to silo (r + offset) mod n, where the silos are in their natural order (by start, then port, then
/// address: a silo that joins comes last) and the offset is a hash of the job's id, so that small jobs do not all meet on the first.
/// </summary>
internal sealed class RankPlacementDirector : IPlacementDirector
{
    /// <exception cref="FormatException">The grain's key is no <see cref="RankKey"/>.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        var hint = IPlacementDirector.GetPlacementHint(target.RequestContextData, silos);
        return Task.FromResult(hint ?? Choose(RankKey.Parse(target.GrainIdentity.Key.ToString()!), silos));
    }

    internal static SiloAddress Choose(RankKey key, IReadOnlyCollection<SiloAddress> silos)
    {
        // Not string.GetHashCode, which differs between processes.
        var offset = (long)StableHash.ComputeHash(key.JobId);
        return silos.Order().ElementAt((int)((key.Rank + offset) % silos.Count));
    }
}
