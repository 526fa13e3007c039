using System.Numerics;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// A box whose sides are along the parameters: Keskar's in the full space, ε(|wᵢ| + 1), or the adaptive one, ρ|wᵢ| (Kwon et al. 2021, "ASAM", 2102.11600,
/// definition 1 with p = ∞; Andriushchenko et al. 2023, 2302.07011). The second is scaled with the weights, so layers that are scaled against each other
/// have the same losses in it; the + 1 of the first is not.
/// </summary>
internal sealed class ElementBox<T>(VectorPart part, BucketTotals totals, ReadOnlyMemory<T> weights, double radius, bool isAdaptive) : IBox<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T[] _current = weights.ToArray();
    private readonly T[] _target = weights.ToArray();

    public SubspaceCoordinates? Coordinates => null;

    public bool Aim(ReadOnlySpan<T> gradient, bool isSoft)
    {
        var scale = isSoft ? Scale(gradient) : 0;
        var moves = new double[part.Buckets.Count];
        var center = weights.Span;
        for (var bucket = 0; bucket < moves.Length; bucket++)
        {
            var (start, length) = part.Of(bucket).GetOffsetAndLength(part.Length);
            for (var i = start; i < start + length; i++)
            {
                // The padding's gradient is 0.
                var (w, side, slope) = (double.CreateChecked(center[i]), Side(center[i]), Finite(gradient[i]));
                var share = scale > 0 ? Math.Clamp(side * slope / scale, -1, 1) : Math.Sign(slope);
                _target[i] = slope == 0 ? _current[i] : T.CreateTruncating(w + (share * side));
                moves[bucket] += _target[i] == _current[i] ? 0 : 1;
            }
        }

        return totals(moves, 1)[0] > 0;
    }

    public void Point(double fraction, Span<T> point)
    {
        // All of the way is the target itself, to the bit.
        if (fraction == 1)
        {
            _target.CopyTo(point);
            return;
        }

        for (var i = 0; i < point.Length; i++)
        {
            var from = double.CreateChecked(_current[i]);
            point[i] = T.CreateTruncating(from + (fraction * (double.CreateChecked(_target[i]) - from)));
        }
    }

    public void Move(double fraction, ReadOnlySpan<T> point) => point.CopyTo(_current);

    public void Restore(Memory<T> current, Memory<T> target, SubspaceCoordinates? coordinates)
    {
        current.CopyTo(_current);
        target.CopyTo(_target);
    }

    /// <summary>Half the box's side along a parameter.</summary>
    private double Side(T weight)
    {
        var w = Math.Abs(double.CreateChecked(weight));
        return radius * (isAdaptive ? w : w + 1);
    }

    /// <summary>Root of the mean square of side times slope.</summary>
    private double Scale(ReadOnlySpan<T> gradient)
    {
        var squares = new double[part.Buckets.Count];
        var center = weights.Span;
        for (var bucket = 0; bucket < squares.Length; bucket++)
        {
            var (start, length) = part.Of(bucket).GetOffsetAndLength(part.Length);
            for (var i = start; i < start + length; i++)
            {
                var share = Side(center[i]) * Finite(gradient[i]);
                squares[bucket] += share * share;
            }
        }

        return Math.Sqrt(totals(squares, 1)[0] / part.Layout.ParameterCount);
    }

    private static double Finite(T value) => T.IsFinite(value) ? double.CreateChecked(value) : 0;
}
