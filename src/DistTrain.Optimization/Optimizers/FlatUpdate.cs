using System.Numerics;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// An optimizer at work on a run of buckets: its slots, and the two passes over them. Different buckets may be worked on at the same time.
/// <code>
/// Measure every bucket  ─▶  PieceSums of all runs, in layout order  ─▶  Combine  ─▶  Step every bucket        (Norms &gt; 0)
/// Step a bucket                                                                                               (Norms = 0)
/// </code>
/// </summary>
/// <remarks>
/// A tensor may lie in several buckets and on several servers. Its norm is the sum over its pieces in layout order, and a piece's sum is made of
/// fixed blocks, so norms have the same bits however many servers and threads there are.
/// </remarks>
public sealed class FlatUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly IOptimizer<T> _optimizer;
    private readonly int _offset;
    private readonly int _firstPiece;
    private readonly double[] _pieceSums;
    private readonly double[] _weightSquares;
    private readonly int[] _segmentOfPiece;
    private readonly double[] _norms;
    private readonly IReadOnlyList<double>? _rates;

    /// <param name="optimizer">The rule.</param>
    /// <param name="layout">The whole vector.</param>
    /// <param name="buckets">The run, a stretch of the layout's buckets.</param>
    /// <param name="rates">By segment, what its rate is multiplied by; 0: it stays as it is, and so do its slots. Null: 1 for all.</param>
    public FlatUpdate(IOptimizer<T> optimizer, ParameterLayout layout, IReadOnlyList<Bucket> buckets, IReadOnlyList<double>? rates = null)
    {
        _optimizer = optimizer;
        _rates = rates;
        _offset = buckets.Count == 0 ? 0 : buckets[0].Offset;
        Slots = [.. Enumerable.Range(0, optimizer.Slots).Select(_ => AlignedVector.Allocate<T>(buckets.Sum(b => b.Length)))];
        var pieces = buckets.SelectMany(b => b.Pieces).ToList();
        _firstPiece = pieces.Count == 0 ? 0 : pieces[0].Index;
        _pieceSums = new double[pieces.Count * optimizer.Norms];
        _weightSquares = new double[pieces.Count];
        Array.Fill(_weightSquares, double.NaN);
        var indexOf = layout.Segments.Index().ToDictionary(s => s.Item.Name, s => s.Index);
        _segmentOfPiece = [.. layout.Buckets.SelectMany(b => b.Pieces).Select(p => indexOf[p.Segment.Name])];
        _norms = new double[layout.Segments.Count * optimizer.Norms];
    }

    /// <summary>Slot vectors, each as long as the run.</summary>
    public Memory<T>[] Slots { get; }

    /// <summary>What this run adds to the norms, by piece: filled by <see cref="Measure"/>.</summary>
    public ReadOnlyMemory<double> PieceSums => _pieceSums;

    /// <summary>
    /// First pass over a bucket. All spans have the bucket's length. The weights are those that the last <see cref="Step"/> wrote, unless
    /// <see cref="Forget"/> was called since.
    /// </summary>
    public void Measure(Bucket bucket, in UpdateTime time, ReadOnlySpan<T> weights, ReadOnlySpan<T> gradient, Span<T> next)
    {
        foreach (var piece in bucket.Pieces)
        {
            if (!piece.Segment.IsBuffer && RateOf(piece) != 0)
                _optimizer.Measure(StepOf(bucket, piece, time, weights, gradient, next), SumsOf(piece));
        }
    }

    /// <summary>Makes the norms of whole tensors of what all runs have measured.</summary>
    /// <param name="pieceSums"><see cref="PieceSums"/> of every run, one behind the other.</param>
    public void Combine(ReadOnlySpan<double> pieceSums)
    {
        var norms = _optimizer.Norms;
        if (pieceSums.Length != _segmentOfPiece.Length * norms)
            throw new ArgumentException($"{pieceSums.Length} sums for {_segmentOfPiece.Length} pieces of {norms}", nameof(pieceSums));
        Array.Clear(_norms);
        for (var piece = 0; piece < _segmentOfPiece.Length; piece++)
        {
            for (var i = 0; i < norms; i++)
                _norms[(_segmentOfPiece[piece] * norms) + i] += pieceSums[(piece * norms) + i];
        }
    }

    /// <summary>Second pass, or the only one: the next weights of a bucket. Buffers are left alone. All spans have the bucket's length.</summary>
    public void Step(Bucket bucket, in UpdateTime time, ReadOnlySpan<T> weights, ReadOnlySpan<T> gradient, Span<T> next)
    {
        foreach (var piece in bucket.Pieces)
        {
            if (piece.Segment.IsBuffer)
                continue;
            var rate = RateOf(piece);
            if (rate == 0)
                weights.Slice(piece.Offset - bucket.Offset, piece.Length).CopyTo(next[(piece.Offset - bucket.Offset)..]);
            else
                _optimizer.Step(StepOf(bucket, piece, time.Times(rate), weights, gradient, next), NormsOf(_segmentOfPiece[piece.Index]));
        }
    }

    /// <summary>The sums over one whole tensor, once combined.</summary>
    /// <param name="segment">Its index in the layout.</param>
    public ReadOnlySpan<double> NormsOf(int segment) => _norms.AsSpan(segment * _optimizer.Norms, _optimizer.Norms);

    /// <summary>Somebody else writes weights of this bucket: nothing is known of them any more.</summary>
    public void Forget(Bucket bucket)
    {
        foreach (var piece in bucket.Pieces)
            _weightSquares[piece.Index - _firstPiece] = double.NaN;
    }

    private double RateOf(Piece piece) => _rates?[_segmentOfPiece[piece.Index]] ?? 1;

    private PieceStep<T> StepOf(Bucket bucket, Piece piece, in UpdateTime time, ReadOnlySpan<T> weights, ReadOnlySpan<T> gradient, Span<T> next)
    {
        var at = piece.Offset - bucket.Offset;
        return new PieceStep<T>(
            piece.Segment,
            time,
            weights.Slice(at, piece.Length),
            gradient.Slice(at, piece.Length),
            next.Slice(at, piece.Length),
            Slots,
            piece.Offset - _offset,
            ref _weightSquares[piece.Index - _firstPiece]);
    }

    private Span<double> SumsOf(Piece piece) => _pieceSums.AsSpan((piece.Index - _firstPiece) * _optimizer.Norms, _optimizer.Norms);
}
