using System.Buffers;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Gradients;

/// <summary>What became of a rank's chunk.</summary>
public enum Arrival
{
    /// <summary>Counted; others are missing.</summary>
    Pending,

    /// <summary>Counted, and it was the last.</summary>
    Complete,

    /// <summary>This rank's chunk was counted before; nothing changed.</summary>
    Duplicate,
}

/// <summary>
/// The sum of one bucket over all ranks for one step. A node of the <see cref="RankTree"/> is added as soon as both its children are there,
/// so at most about half the ranks' chunks wait at a time. Not thread-safe: the holder locks.
/// </summary>
public sealed class BucketSum
{
    private readonly RankTree _tree;
    private readonly Bucket _bucket;
    private readonly float[]?[] _values;
    private readonly long[] _examples;
    private readonly bool[] _arrived;

    public BucketSum(RankTree tree, Bucket bucket)
    {
        _tree = tree;
        _bucket = bucket;
        _values = new float[tree.Nodes][];
        _examples = new long[tree.Nodes];
        _arrived = new bool[tree.Ranks];
    }

    /// <summary>The sum over all ranks, <c>Bucket.Length</c> elements, once <see cref="Arrival.Complete"/> was returned.</summary>
    public ReadOnlySpan<float> Total =>
        (_values[_tree.Root] ?? throw new InvalidOperationException("ranks are missing")).AsSpan(0, _bucket.Length);

    /// <summary>True when every rank's chunk was counted.</summary>
    public bool IsComplete => _values[_tree.Root] is not null;

    /// <summary>True when this rank's chunk was counted.</summary>
    public bool Has(int rank) => _arrived[rank];

    /// <summary>Counts one rank's chunk.</summary>
    /// <param name="rank">Whose it is.</param>
    /// <param name="examples">Examples behind it: the weight of its moments.</param>
    /// <param name="values">Rented from <see cref="ArrayPool{T}.Shared"/>; owned by this object unless the answer is <see cref="Arrival.Duplicate"/>.</param>
    public Arrival Add(int rank, int examples, float[] values)
    {
        if (_arrived[rank])
            return Arrival.Duplicate;
        _arrived[rank] = true;
        var node = rank;
        var count = (long)examples;
        while (node != _tree.Root && _values[_tree.Sibling(node)] is { } other)
        {
            var sibling = _tree.Sibling(node);
            var otherCount = _examples[sibling];
            _values[sibling] = null;
            if (_tree.IsLeft(node))
            {
                BucketMerge.Into(_bucket, values, count, other, otherCount);
                ArrayPool<float>.Shared.Return(other);
            }
            else
            {
                BucketMerge.Into(_bucket, other, otherCount, values, count);
                ArrayPool<float>.Shared.Return(values);
                values = other;
            }

            count += otherCount;
            node = _tree.Parent(node);
        }

        (_values[node], _examples[node]) = (values, count);
        return node == _tree.Root ? Arrival.Complete : Arrival.Pending;
    }

    /// <summary>Gives all arrays back and starts empty, for the next step.</summary>
    public void Reset()
    {
        foreach (ref var values in _values.AsSpan())
        {
            if (values is not null)
                ArrayPool<float>.Shared.Return(values);
            values = null;
        }

        Array.Clear(_arrived);
    }
}
