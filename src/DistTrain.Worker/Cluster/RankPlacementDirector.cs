using Orleans.Runtime.Placement;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// Rank r of a job belongs to silo (r + offset) mod n, where the silos are in their natural order (by start, then port, then
/// address: a silo that joins comes last) and the offset is a hash of the job's id, so that small jobs do not all meet on the first.
/// Silos that are leaving take none; a hint (<see cref="IPlacementDirector.PlacementHintKey"/>) goes before the rule.
/// </summary>
internal sealed class RankPlacementDirector(ISiloStatusOracle status) : IPlacementDirector
{
    /// <exception cref="FormatException">The grain's key is no <see cref="RankKey"/>.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        // What hosts which grains is known a moment later than who is leaving. The last silo of all stays where it is.
        SiloAddress[] silos = [.. context.GetCompatibleSilos(target).Where(silo => status.GetApproximateSiloStatus(silo) == SiloStatus.Active)];
        if (silos.Length == 0)
            return Task.FromResult(context.LocalSilo);
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
