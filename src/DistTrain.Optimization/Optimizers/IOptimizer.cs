using System.Numerics;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// An update rule over pieces of the flat vector. It holds no state of its own: slots live in vectors of the
/// parameter layout, so that they are checkpointed and split over servers like the parameters themselves.
/// </summary>
public interface IOptimizer<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Number of slot vectors (momentum: 1, Adam: 2). They start at zero.</summary>
    int Slots { get; }

    /// <summary>
    /// Writes the next weights of one piece and updates its slots. Element i of every span belongs to the same
    /// parameter; the result must not depend on how a segment is cut into pieces.
    /// </summary>
    void Step(in PieceStep<T> step);
}
