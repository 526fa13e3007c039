using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.Cli.Verification;

/// <summary>What the ranks of a job must have used in a step, from seed and place in the data alone.</summary>
internal sealed class ExpectedDigests(TrainingSpec spec, int trainExamples)
{
    /// <summary>The orders of one epoch, by group: more than one only where ranks train alone.</summary>
    private readonly Dictionary<int, int[]> _orders = [];
    private int _epoch = -1;

    /// <summary>The rank's slice of the step, counted from the step's first example.</summary>
    public Shard ShareOf(in Taken taken, int rank) =>
        taken.Sharing == Sharing.Alone ? new Shard(0, taken.Take) : Shard.Of(rank, spec.Workers, taken.Take);

    /// <summary>The digest of that slice.</summary>
    public ulong Of(in Taken taken, int rank)
    {
        var share = ShareOf(taken, rank);
        return ExampleDigest.Of(OrderOf(taken.Epoch, taken.Sharing == Sharing.Alone ? rank : 0).AsSpan(taken.Cursor + share.Start, share.Count));
    }

    /// <summary>True when every rank's digest is as expected.</summary>
    public bool Bear(in Taken taken, IReadOnlyList<ulong> found)
    {
        for (var rank = 0; rank < spec.Workers; rank++)
        {
            if (rank >= found.Count || found[rank] != Of(taken, rank))
                return false;
        }

        return found.Count == spec.Workers;
    }

    private int[] OrderOf(int epoch, int group)
    {
        if (_epoch != epoch)
            _orders.Clear();
        _epoch = epoch;
        if (!_orders.TryGetValue(group, out var order))
            _orders[group] = order = Permutation.Of(spec.Seed, group, epoch, trainExamples);
        return order;
    }
}
