namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Adds what the buckets of all servers contribute to some sums, in the order of the buckets: whoever holds a bucket, the totals have the same bits.
/// </summary>
/// <param name="partials">[own buckets, quantities], row-major.</param>
/// <param name="quantities">How many sums.</param>
/// <returns>[quantities]</returns>
public delegate double[] BucketTotals(double[] partials, int quantities);

/// <summary>The order in which they are added.</summary>
public static class BucketOrder
{
    /// <summary>Totals of buckets that are all here: bucket 0 first, then one after the other.</summary>
    /// <inheritdoc cref="BucketTotals"/>
    public static double[] Add(double[] partials, int quantities)
    {
        var totals = new double[quantities];
        for (var at = 0; at < partials.Length; at += quantities)
        {
            for (var i = 0; i < quantities; i++)
                totals[i] += partials[at + i];
        }

        return totals;
    }
}
