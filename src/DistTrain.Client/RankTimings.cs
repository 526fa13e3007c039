namespace DistTrain.Client;

/// <summary>Where the time of a step goes, by rank; told when it has changed, at most once a second while the job trains.</summary>
/// <param name="Ranks">In the order of their numbers; none before there was a step.</param>
/// <param name="Hangs">What the open step waits for, in words; null: it goes on.</param>
public sealed record RankTimings(IReadOnlyList<RankTiming> Ranks, string? Hangs) : JobEvent;

/// <summary>Parts of a rank's step: milliseconds, means that the last twenty steps count most in.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="Silo">Host and port of where it lives; null: it does not answer.</param>
/// <param name="IsSlow">Others wait for it: its own work takes 1.2 times that of the rank in the middle, or more.</param>
public sealed record RankTiming(int Rank, string? Silo, bool IsSlow)
{
    /// <summary>Forward and backward.</summary>
    public double Compute { get; init; }

    /// <summary>Handing the gradient over.</summary>
    public double Push { get; init; }

    /// <summary>For slower ranks: what it waits longer than the rank that waits least.</summary>
    public double Wait { get; init; }

    /// <summary>Sums and the update, as seen from the ranks: what even the rank waits that waits least.</summary>
    public double Update { get; init; }

    /// <summary>From the first bucket of the next version to the last.</summary>
    public double Pull { get; init; }
}
