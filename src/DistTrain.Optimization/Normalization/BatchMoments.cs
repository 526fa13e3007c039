using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Normalization;

/// <summary>
/// Moments of a batch per channel in float64: what ranks exchange for synchronized BatchNorm. A batch without examples counts 0 and changes
/// nothing it is merged with.
/// </summary>
/// <param name="Count">Values behind each channel.</param>
/// <param name="Mean">[channels]</param>
/// <param name="SquaredDeviations">M2 = Σ(x − mean)², [channels]</param>
public sealed record BatchMoments(long Count, double[] Mean, double[] SquaredDeviations)
{
    /// <summary>The moments of no examples.</summary>
    public static BatchMoments Empty(int channels) => new(0, new double[channels], new double[channels]);

    /// <summary>
    /// Moments of both batches together by Chan, Golub, LeVeque (1979): no mean of means, no E[x²] − E[x]².
    /// <code>
    /// n = na + nb,  d = meanB − meanA
    /// mean = meanA + d * nb / n
    /// M2   = M2a + M2b + d² * na * nb / n
    /// </code>
    /// </summary>
    public static BatchMoments Merge(BatchMoments a, BatchMoments b)
    {
        if (a.Count == 0 || b.Count == 0)
            return a.Count == 0 ? b : a;
        var count = a.Count + b.Count;
        var (mean, squares) = (new double[a.Mean.Length], new double[a.Mean.Length]);
        var shareB = (double)b.Count / count;
        for (var channel = 0; channel < mean.Length; channel++)
        {
            var delta = b.Mean[channel] - a.Mean[channel];
            mean[channel] = a.Mean[channel] + (delta * shareB);
            squares[channel] = a.SquaredDeviations[channel] + b.SquaredDeviations[channel] + (delta * delta * a.Count * shareB);
        }

        return new BatchMoments(count, mean, squares);
    }

    /// <summary>Moments of all ranks' batches, merged in the order of the rank tree.</summary>
    /// <param name="ranks">By rank, at least one.</param>
    public static BatchMoments Merge(IReadOnlyList<BatchMoments> ranks) => RankTree.Reduce(ranks, Merge);

    /// <summary>Element-wise sum of one vector a rank, in the order of the rank tree.</summary>
    /// <param name="ranks">By rank, at least one, all of one length.</param>
    public static double[] Sum(IReadOnlyList<double[]> ranks) => RankTree.Reduce(ranks, Add);

    private static double[] Add(double[] a, double[] b)
    {
        var sum = new double[a.Length];
        for (var i = 0; i < sum.Length; i++)
            sum[i] = a[i] + b[i];
        return sum;
    }
}
