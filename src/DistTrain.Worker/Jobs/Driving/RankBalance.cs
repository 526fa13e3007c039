namespace DistTrain.Worker.Jobs.Driving;

/// <summary>
/// Which rank of a job moves where, so that no silo has two ranks more than another. Each move takes a rank from the fullest silo to the
/// emptiest and narrows the gap between them, so moves come to an end, are the fewest that can do it, and never lead back.
/// </summary>
internal static class RankBalance
{
    /// <summary>The next move; null when the ranks are even, or when one of them is on a silo that takes none: then its own move comes first.</summary>
    /// <param name="silos">The silo of each rank, by rank.</param>
    /// <param name="takers">The silos that take ranks.</param>
    public static RankMove? Next(IReadOnlyList<string> silos, IReadOnlyCollection<string> takers)
    {
        var ranks = takers.ToDictionary(silo => silo, _ => 0);
        foreach (var silo in silos)
        {
            if (!ranks.TryGetValue(silo, out var count))
                return null;
            ranks[silo] = count + 1;
        }

        if (ranks.Count == 0)
            return null;
        // By name among equals, so that every look gives the same answer.
        var byName = ranks.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        var (fullest, most) = byName.MaxBy(pair => pair.Value);
        var (emptiest, fewest) = byName.MinBy(pair => pair.Value);
        return most - fewest < 2 ? null : new RankMove(silos.Index().Last(rank => rank.Item == fullest).Index, fullest, emptiest);
    }
}
