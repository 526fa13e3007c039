using DistTrain.Optimization.Threads;
using DistTrain.Protocol;
using DistTrain.Training.Phases;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>
/// The replica that each rank trains now, and the one it trained before while somebody may have to replay a step of it. Changed under the
/// partition's gate only.
/// </summary>
internal sealed class ReplicaSet : IDisposable
{
    private readonly PartitionPlan _plan;
    private readonly BucketLoop _loop;
    private readonly ReplicaGroup[] _now;
    private readonly ReplicaGroup?[] _before;

    /// <param name="plan">The partition's plan.</param>
    /// <param name="loop">Runs over the buckets.</param>
    /// <param name="first">The step to start with.</param>
    /// <param name="fill">Fills the committed version of the replica that all start from.</param>
    public ReplicaSet(PartitionPlan plan, BucketLoop loop, OpenStep first, Action<ReplicaGroup> fill)
    {
        (_plan, _loop) = (plan, loop);
        _now = new ReplicaGroup[plan.Tree.Ranks];
        _before = new ReplicaGroup[plan.Tree.Ranks];
        var together = new ReplicaGroup(plan, AllRanks, first with { Sharing = Sharing.Together });
        fill(together);
        Array.Fill(_now, together);
        if (first.Sharing != Sharing.Together)
            Part(together, first);
    }

    /// <summary>The first rank's; every rank's, where they train together.</summary>
    public ReplicaGroup First => _now[0];

    /// <summary>One after the other, by rank.</summary>
    public IReadOnlyList<ReplicaGroup> ByRank => _now;

    /// <summary>Each once.</summary>
    public IEnumerable<ReplicaGroup> All => _now.Distinct();

    private IReadOnlyList<int> AllRanks => [.. Enumerable.Range(0, _plan.Tree.Ranks)];

    /// <summary>The replica that a rank trains; may be read without the gate.</summary>
    public ReplicaGroup Of(int rank) => Volatile.Read(ref _now[rank]);

    /// <summary>The replica from which a rank can get <paramref name="version"/>: the one it trains, or the one before; null: neither holds it.</summary>
    public ReplicaGroup? Holding(int rank, long version) =>
        _now[rank].Find(version) is not null ? _now[rank] : _before[rank] is { } before && before.Find(version) is not null ? before : null;

    /// <summary>Stepping writes over the version before the committed one: every member has pushed, so nobody needs it any more.</summary>
    public void ForgetBefore(ReplicaGroup replica)
    {
        replica.ForgetPrevious();
        foreach (var rank in replica.Ranks)
            Volatile.Write(ref _before[rank], null);
    }

    /// <summary>Each rank gets a replica of its own, which starts as the common one is.</summary>
    public void Part(ReplicaGroup together, OpenStep open)
    {
        foreach (var rank in together.Ranks)
        {
            var own = new ReplicaGroup(_plan, [rank], Course.OfReplica(open, rank));
            own.ContinueFrom(together, withSlots: open.Sharing == Sharing.Local);
            Replace(rank, own);
        }
    }

    /// <summary>Closes the step that all replicas have made: the mean is the version, for all of them or for the one that follows.</summary>
    /// <param name="closed">The step.</param>
    /// <param name="next">What comes next, by rank.</param>
    /// <returns>The one that follows, or null where ranks stay on their own.</returns>
    public ReplicaGroup? Average(OpenStep closed, IReadOnlyList<OpenStep> next)
    {
        var together = next[0].Sharing == Sharing.Together ? new ReplicaGroup(_plan, AllRanks, next[0]) : null;
        _loop.Run(_plan.Buckets.Count, index =>
        {
            var bucket = _plan.Buckets[index];
            var mean = new float[bucket.Length];
            WeightAverage.Of(_now, bucket, closed.Version + 1, mean);
            // The same bits in all of them, and their sum divided by their number need not be these again: 3w/3 rounds twice.
            foreach (var piece in bucket.Pieces.Where(piece => _plan.IsFrozen(piece.Segment)))
                _now[0].Elements(bucket, closed.Version + 1).Span.Slice(piece.Offset - bucket.Offset, piece.Length).CopyTo(mean.AsSpan(piece.Offset - bucket.Offset));
            foreach (var replica in together is null ? _now : [together])
                mean.CopyTo(replica.Writable(bucket, closed.Version + 1));
        });
        for (var rank = 0; rank < _now.Length; rank++)
        {
            _now[rank].Close(next[rank]);
            if (together is not null)
                Replace(rank, together);
        }

        return together;
    }

    public void Dispose()
    {
        foreach (var replica in All)
            replica.Dispose();
    }

    private void Replace(int rank, ReplicaGroup replica)
    {
        _now[rank].Dispose();
        Volatile.Write(ref _before[rank], _now[rank]);
        Volatile.Write(ref _now[rank], replica);
    }
}
