using System.Numerics;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>All that an optimizer sees of one piece of one segment in one step. All spans have the piece's length.</summary>
public readonly ref struct PieceStep<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Memory<T>[] _slots;
    private readonly int _slotOffset;
    private readonly ref double _weightSquares;

    /// <param name="segment">The tensor the piece belongs to: its kind decides decay and adaptation.</param>
    /// <param name="time">The step.</param>
    /// <param name="weights">Weights of the version the gradient was taken at.</param>
    /// <param name="gradient">Averaged gradient.</param>
    /// <param name="next">Receives the weights of the next version.</param>
    /// <param name="slots">Slot vectors of the partition.</param>
    /// <param name="slotOffset">Where the piece starts in each slot vector.</param>
    /// <param name="weightSquares">Σ w² of <paramref name="weights"/>, NaN when not known; <see cref="IOptimizer{T}.Step"/> may leave that of <paramref name="next"/> here.</param>
    public PieceStep(
        Segment segment,
        UpdateTime time,
        ReadOnlySpan<T> weights,
        ReadOnlySpan<T> gradient,
        Span<T> next,
        Memory<T>[] slots,
        int slotOffset,
        ref double weightSquares)
    {
        Segment = segment;
        Time = time;
        Weights = weights;
        Gradient = gradient;
        Next = next;
        _slots = slots;
        _slotOffset = slotOffset;
        _weightSquares = ref weightSquares;
    }

    public Segment Segment { get; }

    public UpdateTime Time { get; }

    public ReadOnlySpan<T> Weights { get; }

    public ReadOnlySpan<T> Gradient { get; }

    public Span<T> Next { get; }

    /// <summary>
    /// Σ w² of <see cref="Weights"/> as <see cref="Gradients.SquaredNorm"/> takes it, NaN when not known. A rule that needs it leaves that of
    /// <see cref="Next"/> here as it writes, and need not read the weights again for it in the step that follows.
    /// </summary>
    public ref double WeightSquares => ref _weightSquares;

    /// <summary>The piece's part of slot vector <paramref name="index"/>.</summary>
    public Span<T> Slot(int index) => _slots[index].Span.Slice(_slotOffset, Weights.Length);

    /// <summary>Elements [<paramref name="start"/>, start + <paramref name="length"/>) of the piece.</summary>
    public PieceStep<T> Slice(int start, int length) => new(
        Segment,
        Time,
        Weights.Slice(start, length),
        Gradient.Slice(start, length),
        Next.Slice(start, length),
        _slots,
        _slotOffset + start,
        ref _weightSquares);
}
