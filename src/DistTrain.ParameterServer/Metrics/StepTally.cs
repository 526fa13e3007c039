using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>
/// What the ranks said of each step, until all have: a step is history once its last rank has closed it, also while ranks are on their own. Not
/// thread-safe.
/// </summary>
internal sealed class StepTally(int ranks)
{
    private readonly Dictionary<long, (Contribution?[] Ranks, int Count)> _open = [];

    /// <summary>All ranks' contributions, by rank, when these were the last ones missing, else null.</summary>
    public IReadOnlyList<Contribution>? Add(long step, IReadOnlyList<Contribution> contributions)
    {
        if (contributions.Count == ranks)
            return contributions;
        var (all, count) = _open.GetValueOrDefault(step, (new Contribution?[ranks], 0));
        foreach (var contribution in contributions)
        {
            all[contribution.Rank] = contribution;
            count++;
        }

        if (count < ranks)
        {
            _open[step] = (all, count);
            return null;
        }

        _open.Remove(step);
        return [.. all.Select(c => c!)];
    }
}
