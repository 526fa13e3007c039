using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>A rank that lives elsewhere than when it was last seen.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="From">Its silo before.</param>
/// <param name="To">Its silo now.</param>
/// <param name="IsRecovery">The silo before was lost; otherwise it handed the rank over.</param>
internal readonly record struct RankNews(int Rank, string From, string To, bool IsRecovery)
{
    /// <summary>All of them.</summary>
    /// <param name="before">The silo of each rank when it was last seen; empty where it was not.</param>
    /// <param name="now">How each rank is now; null where none answered.</param>
    public static IReadOnlyList<RankNews> Of(IReadOnlyList<string> before, IReadOnlyList<RankProgress?> now) =>
        [.. before.Zip(now).Index()
            .Where(rank => rank.Item is { First.Length: > 0, Second: { } seen } && rank.Item.First != seen.Silo)
            .Select(rank => new RankNews(rank.Index, rank.Item.First, rank.Item.Second!.Silo, rank.Item.Second.MovedFrom is null))];

    public override string ToString() => IsRecovery ? $"rank {Rank} goes on at silo {To}; {From} is gone" : $"rank {Rank} moves to silo {To}";
}
