using System.Numerics;

namespace DistTrain.Optimization.Landscape;

/// <summary>The place that a search stands at within a box, and the corner that it goes to.</summary>
internal interface IBox<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Takes what the gradient at this place leads to as the target.</summary>
    /// <param name="gradient">[part.Length]</param>
    /// <param name="isSoft">A place on the way to a corner; false: the corner.</param>
    /// <returns>False: it is this place.</returns>
    bool Aim(ReadOnlySpan<T> gradient, bool isSoft);

    /// <summary>The weights a fraction of the way from this place to the target.</summary>
    void Point(double fraction, Span<T> point);

    /// <summary>Goes there; <paramref name="point"/> is what <see cref="Point"/> gave.</summary>
    void Move(double fraction, ReadOnlySpan<T> point);

    /// <summary>What to save besides points.</summary>
    SubspaceCoordinates? Coordinates { get; }

    /// <summary>Goes on from what was saved: the weights at this place and at the target.</summary>
    void Restore(Memory<T> current, Memory<T> target, SubspaceCoordinates? coordinates);
}
