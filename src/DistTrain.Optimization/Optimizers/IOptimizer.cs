using System.Numerics;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// An update rule over pieces of the flat vector. It holds no state of its own: slots live in vectors of the
/// parameter layout, so that they are checkpointed and split over servers like the parameters themselves.
/// </summary>
/// <remarks>
/// A rule that needs norms of whole tensors works in two passes: <see cref="Measure"/> over every piece on every server, then, with the sums
/// of all pieces of a tensor added up, <see cref="Step"/>. A rule without norms is stepped bucket by bucket as soon as the gradient is there.
/// </remarks>
public interface IOptimizer<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Number of slot vectors (momentum: 1, Adam: 2). They start at zero.</summary>
    int Slots { get; }

    /// <summary>Number of sums over a tensor that <see cref="Step"/> needs; 0 when every element is on its own.</summary>
    int Norms => 0;

    /// <summary>First pass over a piece: its share of the sums. May update the slots and use <c>piece.Next</c> as room for the second pass.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="sums">[<see cref="Norms"/>], receives the piece's share of each sum.</param>
    void Measure(in PieceStep<T> piece, Span<double> sums)
    {
    }

    /// <summary>
    /// Writes the next weights of one piece and updates its slots. Element i of every span belongs to the same
    /// parameter; the result must not depend on how a segment is cut into pieces.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <param name="norms">[<see cref="Norms"/>], the sums over the whole tensor.</param>
    void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms);
}

/// <summary>A rule that scales each tensor's step by a ratio of norms.</summary>
public interface ILayerwiseOptimizer
{
    /// <summary>The factor on the tensor's step.</summary>
    /// <param name="kind">What the tensor is: kinds in <c>adaptExclude</c> have the ratio 1.</param>
    /// <param name="time">The step.</param>
    /// <param name="norms">The sums over the whole tensor that the rule measured.</param>
    double TrustRatio(Parameters.SegmentKind kind, in UpdateTime time, ReadOnlySpan<double> norms);
}
