using System.Buffers;
using System.Runtime.CompilerServices;
using DistTrain.Optimization.Order;
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
/// The sum of one bucket over all ranks for one step, along the <see cref="RankTree"/>. Chunks are added four ranks at a time, and with them every
/// node above that has become complete, block by block: a chunk is read once and intermediate sums stay in the cache. So at most three
/// quarters of the ranks' chunks wait at a time. Not thread-safe: the holder locks.
/// </summary>
public class BucketSum
{
    /// <summary>Elements of a block, 8 KiB of float32: the blocks of an addition fit in the first cache together.</summary>
    private const int BlockLength = 2048;

    /// <summary>Ranks whose chunks are added at a time.</summary>
    private const int GroupSize = 4;

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
    public virtual Arrival Add(int rank, int examples, float[] values)
    {
        if (_arrived[rank])
            return Arrival.Duplicate;
        _arrived[rank] = true;
        (_values[rank], _examples[rank]) = (values, examples);
        var node = HighestComplete(rank);
        if (_tree.LeavesOf(node) >= Math.Min(GroupSize, _tree.Ranks) || IsWholeGroup(node))
            AddUp(node);
        return node == _tree.Root ? Arrival.Complete : Arrival.Pending;
    }

    /// <summary>Gives all arrays back and starts empty, for the next step.</summary>
    public virtual void Reset()
    {
        foreach (ref var values in _values.AsSpan())
        {
            if (values is not null)
                ArrayPool<float>.Shared.Return(values);
            values = null;
        }

        Array.Clear(_arrived);
    }

    /// <summary>The highest node over <paramref name="rank"/> of which every rank has arrived.</summary>
    private int HighestComplete(int rank)
    {
        var node = rank;
        while (node != _tree.Root && HasAll(_tree.Sibling(node)))
            node = _tree.Parent(node);
        return node;
    }

    private bool HasAll(int node) =>
        _values[node] is not null || (node >= _tree.Ranks && HasAll(_tree.Left(node)) && HasAll(_tree.Right(node)));

    /// <summary>True for a subtree of fewer ranks than a group that hangs beside full ones: it grows no further by itself.</summary>
    private bool IsWholeGroup(int node) => node == _tree.Root || _tree.LeavesOf(_tree.Parent(node)) > GroupSize;

    /// <summary>Adds all that lies under a node into one array.</summary>
    private void AddUp(int node)
    {
        if (_values[node] is not null)
            return;
        var target = _values[FirstArray(node)]!;
        Count(node);
        var scratch = ArrayPool<float>.Shared.Rent(BlockLength * Depth(node));
        foreach (var piece in _bucket.Pieces)
        {
            var start = piece.Offset - _bucket.Offset;
            for (var at = start; at < start + piece.Length; at += BlockLength)
            {
                var length = Math.Min(BlockLength, start + piece.Length - at);
                AddBlock(piece.Segment, node, at, target.AsSpan(at, length), scratch);
            }
        }

        ArrayPool<float>.Shared.Return(scratch);
        Release(node, target);
        _values[node] = target;
    }

    /// <summary>The sum of one block of a subtree. Its leftmost array may be the target itself: a block is read before it is written.</summary>
    private void AddBlock(Segment segment, int node, int at, Span<float> target, Span<float> scratch)
    {
        if (_values[node] is { } values)
        {
            var block = values.AsSpan(at, target.Length);
            if (!Unsafe.AreSame(ref block[0], ref target[0]))
                block.CopyTo(target);
            return;
        }

        var (left, right) = (_tree.Left(node), _tree.Right(node));
        if (!segment.IsBuffer && PairOf(left) is (var a, var b) && PairOf(right) is (var c, var d))
        {
            BucketMerge.AddFour(a.AsSpan(at, target.Length), b.AsSpan(at, target.Length), c.AsSpan(at, target.Length), d.AsSpan(at, target.Length), target);
            return;
        }

        AddBlock(segment, left, at, target, scratch);
        if (_values[right] is { } there)
        {
            BucketMerge.Into(segment, target, _examples[left], there.AsSpan(at, target.Length), _examples[right]);
            return;
        }

        var sum = scratch[..target.Length];
        AddBlock(segment, right, at, sum, scratch[BlockLength..]);
        BucketMerge.Into(segment, target, _examples[left], sum, _examples[right]);
    }

    /// <summary>The arrays of an inner node's children, when both are there.</summary>
    private (float[] Left, float[] Right)? PairOf(int node) =>
        _values[node] is null && _values[_tree.Left(node)] is { } left && _values[_tree.Right(node)] is { } right ? (left, right) : null;

    private long Count(int node) =>
        _values[node] is not null ? _examples[node] : _examples[node] = Count(_tree.Left(node)) + Count(_tree.Right(node));

    private int FirstArray(int node)
    {
        while (_values[node] is null)
            node = _tree.Left(node);
        return node;
    }

    /// <summary>Right subtrees within each other: blocks of scratch that an addition needs.</summary>
    private int Depth(int node) => _values[node] is not null ? 0 : Math.Max(Depth(_tree.Left(node)), 1 + Depth(_tree.Right(node)));

    private void Release(int node, float[] kept)
    {
        if (_values[node] is { } values)
        {
            if (values != kept)
                ArrayPool<float>.Shared.Return(values);
            _values[node] = null;
            return;
        }

        Release(_tree.Left(node), kept);
        Release(_tree.Right(node), kept);
    }
}
