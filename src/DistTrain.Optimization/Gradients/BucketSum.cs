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
/// quarters of the ranks' chunks wait at a time. What belongs to somebody else is read only, and sums stand in arrays of its own. Not thread-safe: the
/// holder locks.
/// </summary>
public class BucketSum
{
    /// <summary>Elements of a block, 8 KiB of float32: the blocks of an addition fit in the first cache together.</summary>
    private const int BlockLength = 2048;

    /// <summary>Ranks whose chunks are added at a time.</summary>
    private const int GroupSize = 4;

    private readonly RankTree _tree;
    private readonly Bucket _bucket;
    private readonly ReadOnlyMemory<float>[] _values;
    private readonly float[]?[] _rented;
    private readonly float[]?[] _own;
    private readonly Stack<float[]> _spare = [];
    private readonly long[] _examples;
    private readonly bool[] _arrived;
    private readonly double[] _squares;
    private bool _hasSquares;

    public BucketSum(RankTree tree, Bucket bucket)
    {
        _tree = tree;
        _bucket = bucket;
        _values = new ReadOnlyMemory<float>[tree.Nodes];
        _rented = new float[tree.Nodes][];
        _own = new float[tree.Nodes][];
        _examples = new long[tree.Nodes];
        _arrived = new bool[tree.Ranks];
        _squares = new double[bucket.Pieces.Length];
    }

    /// <summary>The sum over all ranks, <c>Bucket.Length</c> elements, once <see cref="Arrival.Complete"/> was returned.</summary>
    public virtual ReadOnlySpan<float> Total => IsComplete ? _values[_tree.Root].Span : throw new InvalidOperationException("ranks are missing");

    /// <summary>
    /// Σ g² of each of the bucket's pieces, as <see cref="SquaredNorm"/> takes it, once <see cref="Arrival.Complete"/> was returned; 0 of buffers. Taken
    /// while the ranks' chunks are added, block by block, where there is more than one to add.
    /// </summary>
    public ReadOnlySpan<double> PieceSquares
    {
        get
        {
            if (!_hasSquares)
                TakeSquares();
            return _squares;
        }
    }

    /// <summary>True when every rank's chunk was counted.</summary>
    public virtual bool IsComplete => IsThere(_tree.Root);

    /// <summary>True when this rank's chunk was counted.</summary>
    public virtual bool Has(int rank) => _arrived[rank];

    /// <summary>Counts one rank's chunk.</summary>
    /// <param name="rank">Whose it is.</param>
    /// <param name="examples">Examples behind it: the weight of its moments.</param>
    /// <param name="values">Rented from <see cref="ArrayPool{T}.Shared"/>; owned by this object unless the answer is <see cref="Arrival.Duplicate"/>.</param>
    public virtual Arrival Add(int rank, int examples, float[] values)
    {
        if (_arrived[rank])
            return Arrival.Duplicate;
        _rented[rank] = values;
        return Count(rank, examples, values.AsMemory(0, _bucket.Length));
    }

    /// <summary>Counts one rank's chunk where it lies. It must keep its contents until <see cref="Reset"/>.</summary>
    /// <param name="rank">Whose it is.</param>
    /// <param name="examples">Examples behind it: the weight of its moments.</param>
    /// <param name="values">Somebody else's, <c>Bucket.Length</c> elements; never written to.</param>
    public virtual Arrival Add(int rank, int examples, ReadOnlyMemory<float> values) =>
        _arrived[rank] ? Arrival.Duplicate : Count(rank, examples, values);

    /// <summary>Gives all arrays back and starts empty, for the next step.</summary>
    public virtual void Reset()
    {
        for (var node = 0; node < _values.Length; node++)
            Release(node);
        Array.Clear(_arrived);
        _hasSquares = false;
    }

    private Arrival Count(int rank, int examples, ReadOnlyMemory<float> values)
    {
        _arrived[rank] = true;
        (_values[rank], _examples[rank]) = (values, examples);
        var node = HighestComplete(rank);
        if (_tree.LeavesOf(node) >= Math.Min(GroupSize, _tree.Ranks) || IsWholeGroup(node))
            AddUp(node);
        return node == _tree.Root ? Arrival.Complete : Arrival.Pending;
    }

    private bool IsThere(int node) => !_values[node].IsEmpty;

    /// <summary>The highest node over <paramref name="rank"/> of which every rank has arrived.</summary>
    private int HighestComplete(int rank)
    {
        var node = rank;
        while (node != _tree.Root && HasAll(_tree.Sibling(node)))
            node = _tree.Parent(node);
        return node;
    }

    private bool HasAll(int node) =>
        IsThere(node) || (node >= _tree.Ranks && HasAll(_tree.Left(node)) && HasAll(_tree.Right(node)));

    /// <summary>True for a subtree of fewer ranks than a group that hangs beside full ones: it grows no further by itself.</summary>
    private bool IsWholeGroup(int node) => node == _tree.Root || _tree.LeavesOf(_tree.Parent(node)) > GroupSize;

    /// <summary>Adds all that lies under a node into one array: the first rank's, where it may be written to.</summary>
    private void AddUp(int node)
    {
        if (IsThere(node))
            return;
        var first = FirstLeaf(node);
        var (rented, own) = (_rented[first], _own[first]);
        (_rented[first], _own[first]) = (null, null);
        // Sums over what belongs to others need an array each step: a pool keeps too few of them for a large model. The padding between tensors stays zero.
        var target = rented ?? (own ??= _spare.TryPop(out var spare) ? spare : new float[_bucket.Length]);
        AddUpExamples(node);
        var scratch = ArrayPool<float>.Shared.Rent(BlockLength * Depth(node));
        var isWhole = node == _tree.Root;
        for (var index = 0; index < _bucket.Pieces.Length; index++)
        {
            var piece = _bucket.Pieces[index];
            var start = piece.Offset - _bucket.Offset;
            var squares = default(SquareSum);
            for (var at = start; at < start + piece.Length; at += BlockLength)
            {
                var block = target.AsSpan(at, Math.Min(BlockLength, start + piece.Length - at));
                AddBlock(piece.Segment, node, at, block, scratch);
                // While the block is in the first cache.
                if (isWhole && !piece.Segment.IsBuffer)
                    squares.Add(block);
            }

            _squares[index] = squares.Total();
        }

        _hasSquares = isWhole;
        ArrayPool<float>.Shared.Return(scratch);
        ReleaseAll(node);
        (_rented[node], _own[node], _values[node]) = (rented, own, target.AsMemory(0, _bucket.Length));
    }

    /// <summary>A pass of its own: the only rank's chunk is not added to anything.</summary>
    private void TakeSquares()
    {
        for (var index = 0; index < _bucket.Pieces.Length; index++)
        {
            var piece = _bucket.Pieces[index];
            _squares[index] = piece.Segment.IsBuffer ? 0 : SquaredNorm.Of(Total.Slice(piece.Offset - _bucket.Offset, piece.Length));
        }

        _hasSquares = true;
    }

    /// <summary>The sum of one block of a subtree. Its leftmost array may be the target itself: a block is read before it is written.</summary>
    private void AddBlock(Segment segment, int node, int at, Span<float> target, Span<float> scratch)
    {
        if (IsThere(node))
        {
            var block = Block(node, at, target);
            if (!Unsafe.AreSame(in block[0], in target[0]))
                block.CopyTo(target);
            return;
        }

        var (left, right) = (_tree.Left(node), _tree.Right(node));
        if (!segment.IsBuffer && IsPair(left) && IsPair(right))
        {
            BucketMerge.AddFour(
                Block(_tree.Left(left), at, target), Block(_tree.Right(left), at, target), Block(_tree.Left(right), at, target), Block(_tree.Right(right), at, target), target);
            return;
        }

        if (!segment.IsBuffer && IsThere(left) && IsThere(right))
        {
            BucketMerge.AddTwo(Block(left, at, target), Block(right, at, target), target);
            return;
        }

        AddBlock(segment, left, at, target, scratch);
        if (IsThere(right))
        {
            BucketMerge.Into(segment, target, _examples[left], Block(right, at, target), _examples[right]);
            return;
        }

        var sum = scratch[..target.Length];
        AddBlock(segment, right, at, sum, scratch[BlockLength..]);
        BucketMerge.Into(segment, target, _examples[left], sum, _examples[right]);
    }

    /// <summary>As much of a node's elements as <paramref name="target"/> has.</summary>
    private ReadOnlySpan<float> Block(int node, int at, Span<float> target) => _values[node].Span.Slice(at, target.Length);

    /// <summary>True for an inner node that is not there while both of its children are.</summary>
    private bool IsPair(int node) => !IsThere(node) && IsThere(_tree.Left(node)) && IsThere(_tree.Right(node));

    private long AddUpExamples(int node) =>
        IsThere(node) ? _examples[node] : _examples[node] = AddUpExamples(_tree.Left(node)) + AddUpExamples(_tree.Right(node));

    private int FirstLeaf(int node)
    {
        while (!IsThere(node))
            node = _tree.Left(node);
        return node;
    }

    /// <summary>Right subtrees within each other: blocks of scratch that an addition needs.</summary>
    private int Depth(int node) => IsThere(node) ? 0 : Math.Max(Depth(_tree.Left(node)), 1 + Depth(_tree.Right(node)));

    private void ReleaseAll(int node)
    {
        if (!IsThere(node))
        {
            ReleaseAll(_tree.Left(node));
            ReleaseAll(_tree.Right(node));
        }

        Release(node);
    }

    private void Release(int node)
    {
        if (_rented[node] is { } rented)
            ArrayPool<float>.Shared.Return(rented);
        if (_own[node] is { } own)
            _spare.Push(own);
        (_rented[node], _own[node], _values[node]) = (null, null, default);
    }
}
