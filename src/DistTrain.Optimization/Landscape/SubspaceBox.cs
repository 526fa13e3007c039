using System.Numerics;
using DistTrain.Optimization.Randomness;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Keskar's box in a random subspace (1609.04836, section 2.2.2): y = Az with |zᵢ| ≤ ε(|(A⁺w)ᵢ| + 1). The columns of A are standard normal, which the
/// paper leaves open; A⁺w solves (AᵀA)·c = Aᵀw, by Cholesky in float64. The gradient in z is Aᵀ∂L/∂w.
/// </summary>
internal sealed class SubspaceBox<T> : IBox<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly VectorPart _part;
    private readonly BucketTotals _totals;
    private readonly ReadOnlyMemory<T> _weights;
    private readonly T[][] _columns;
    private readonly double[] _wide;
    private readonly double[] _current;
    private readonly double[] _target;
    private readonly double[] _radii;

    /// <param name="part">The elements that are here.</param>
    /// <param name="totals">Sums over the buckets of all parts.</param>
    /// <param name="weights">w, [part.Length].</param>
    /// <param name="plan">ε, dimensions and seed.</param>
    /// <param name="known">What was found out before; null: nothing.</param>
    public SubspaceBox(VectorPart part, BucketTotals totals, ReadOnlyMemory<T> weights, SharpnessPlan plan, SubspaceCoordinates? known)
    {
        (_part, _totals, _weights, _wide) = (part, totals, weights, new double[part.Length]);
        var dimensions = (int)Math.Min(plan.Subspace, part.Layout.ParameterCount);
        _columns = [.. Enumerable.Range(0, dimensions).Select(column =>
        {
            var vector = new T[part.Length];
            ProbeDirection.Fill<T>(part, ProbeDirectionKind.Gauss, plan.Seed, column, restart: 0, vector, Draw.Subspace);
            return vector;
        })];
        (_current, _target) = (new double[dimensions], new double[dimensions]);
        _radii = known is null ? Radii(plan.Epsilon) : [.. known.Radii];
    }

    public SubspaceCoordinates? Coordinates => new([.. _radii], [.. _current], [.. _target]);

    public bool Aim(ReadOnlySpan<T> gradient, bool isSoft)
    {
        Widen(gradient);
        double[] slopes = [.. Along(_columns.Length).Select(slope => double.IsFinite(slope) ? slope : 0)];
        var scale = isSoft ? Math.Sqrt(slopes.Zip(_radii, (slope, side) => slope * side * slope * side).Sum() / slopes.Length) : 0;
        for (var i = 0; i < slopes.Length; i++)
        {
            var share = scale > 0 ? Math.Clamp(slopes[i] * _radii[i] / scale, -1, 1) : Math.Sign(slopes[i]);
            _target[i] = slopes[i] == 0 ? _current[i] : share * _radii[i];
        }

        return !_target.AsSpan().SequenceEqual(_current);
    }

    public void Point(double fraction, Span<T> point)
    {
        Widen(_weights.Span);
        for (var i = 0; i < _columns.Length; i++)
            Projection.Subtract<T>(_wide, -At(i, fraction), _columns[i]);
        for (var i = 0; i < point.Length; i++)
            point[i] = T.CreateTruncating(_wide[i]);
    }

    public void Move(double fraction, ReadOnlySpan<T> point)
    {
        for (var i = 0; i < _current.Length; i++)
            _current[i] = At(i, fraction);
    }

    public void Restore(Memory<T> current, Memory<T> target, SubspaceCoordinates? coordinates)
    {
        coordinates!.Current.ToArray().CopyTo(_current, 0);
        coordinates.Target.ToArray().CopyTo(_target, 0);
    }

    private double At(int i, double fraction) => fraction == 1 ? _target[i] : _current[i] + (fraction * (_target[i] - _current[i]));

    private double[] Radii(double epsilon)
    {
        Widen(_weights.Span);
        var right = Along(_columns.Length);
        var gram = new double[_columns.Length][];
        for (var row = 0; row < gram.Length; row++)
        {
            Widen(_columns[row]);
            gram[row] = Along(row + 1);
        }

        return [.. Cholesky.Solve(gram, right).Select(c => epsilon * (Math.Abs(c) + 1))];
    }

    /// <summary>Scalar products of the first columns with the wide vector.</summary>
    private double[] Along(int columns)
    {
        var partials = new double[_part.Buckets.Count * columns];
        for (var bucket = 0; bucket < _part.Buckets.Count; bucket++)
        {
            for (var i = 0; i < columns; i++)
                partials[(bucket * columns) + i] = Projection.Dot<T>(_columns[i].AsSpan(_part.Of(bucket)), _wide.AsSpan(_part.Of(bucket)));
        }

        return _totals(partials, columns);
    }

    private void Widen(ReadOnlySpan<T> values)
    {
        for (var i = 0; i < values.Length; i++)
            _wide[i] = double.CreateChecked(values[i]);
    }
}
