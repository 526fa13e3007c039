using System.Numerics;

namespace DistTrain.Optimization.Landscape;

/// <summary>Scalar products of directions, in float64: sums over buckets, added in the order of the buckets.</summary>
public static class BucketDot
{
    /// <summary>a·b.</summary>
    /// <param name="part">The elements that are here.</param>
    /// <param name="a">[part.Length]</param>
    /// <param name="b">[part.Length]</param>
    /// <param name="totals">Sums over the buckets of all parts.</param>
    public static double Of<T>(VectorPart part, ReadOnlySpan<T> a, ReadOnlySpan<T> b, BucketTotals totals)
        where T : unmanaged, INumberBase<T>
    {
        var partials = new double[part.Buckets.Count];
        var wide = new double[part.Layout.BucketLength];
        for (var bucket = 0; bucket < partials.Length; bucket++)
        {
            var right = b[part.Of(bucket)];
            for (var i = 0; i < right.Length; i++)
                wide[i] = double.CreateChecked(right[i]);
            partials[bucket] = Projection.Dot(a[part.Of(bucket)], wide.AsSpan(0, right.Length));
        }

        return totals(partials, 1)[0];
    }
}
