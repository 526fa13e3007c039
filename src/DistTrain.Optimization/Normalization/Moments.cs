namespace DistTrain.Optimization.Normalization;

/// <summary>
/// Moments of a batch per channel, stored as (mean, biased variance) pairs in float32; the count travels beside them.
/// Merged by Chan, Golub, LeVeque (1979): no mean of means, no E[x²] − E[x]².
/// <code>
/// n = na + nb,  d = meanB − meanA
/// mean = meanA + d * nb / n
/// var  = (na * varA + nb * varB) / n + d² * na * nb / n²
/// </code>
/// </summary>
public static class Moments
{
    /// <summary>a ← a ∪ b. Computed in float64, rounded to float32 at each merge, so that a sum made anywhere has the same bits.</summary>
    /// <param name="a">Pairs of the left operand, [channels, 2] flattened.</param>
    /// <param name="countA">Values behind each pair of <paramref name="a"/>; 0 for an empty batch.</param>
    /// <param name="b">Pairs of the right operand.</param>
    /// <param name="countB">Values behind each pair of <paramref name="b"/>.</param>
    public static void Merge(Span<float> a, long countA, ReadOnlySpan<float> b, long countB)
    {
        if (countB == 0)
            return;
        if (countA == 0)
        {
            b.CopyTo(a);
            return;
        }

        double total = countA + countB;
        var (shareA, shareB) = (countA / total, countB / total);
        for (var i = 0; i < a.Length; i += 2)
        {
            var delta = (double)b[i] - a[i];
            a[i + 1] = (float)((shareA * a[i + 1]) + (shareB * b[i + 1]) + (delta * delta * shareA * shareB));
            a[i] = (float)(a[i] + (delta * shareB));
        }
    }

    /// <summary>
    /// Running statistics after a step: running ← (1 − momentum)·running + momentum·batch, the variance unbiased (n / (n − 1)).
    /// PyTorch's convention of momentum; the lecture's p is 1 − momentum. A count of 0 or 1 has no variance: 0 changes nothing, 1 only the mean.
    /// </summary>
    /// <param name="running">(mean, variance) pairs of the current version.</param>
    /// <param name="batch">(mean, biased variance) pairs over the whole step.</param>
    /// <param name="next">Receives the pairs of the next version.</param>
    /// <param name="count">Values behind each pair of <paramref name="batch"/>.</param>
    /// <param name="momentum">Weight of the new statistics, in [0, 1].</param>
    public static void Average(ReadOnlySpan<float> running, ReadOnlySpan<float> batch, Span<float> next, long count, double momentum)
    {
        running.CopyTo(next);
        if (count == 0)
            return;
        for (var i = 0; i < running.Length; i += 2)
        {
            next[i] = (float)(((1 - momentum) * running[i]) + (momentum * batch[i]));
            if (count > 1)
                next[i + 1] = (float)(((1 - momentum) * running[i + 1]) + (momentum * batch[i + 1] * (count / (count - 1.0))));
        }
    }

    /// <summary>
    /// Running statistics of batch renormalization after a step (1702.03275, algorithm 1): it averages deviations, not variances.
    /// <code>
    /// μ ← (1 − momentum)·μ + momentum·mean        σ ← (1 − momentum)·σ + momentum·sqrt(variance + epsilon)
    /// </code>
    /// A count of 0 or 1 has no deviation: 0 changes nothing, 1 only the mean.
    /// </summary>
    /// <param name="running">(mean, deviation) pairs of the current version.</param>
    /// <param name="batch">(mean, biased variance) pairs over the whole step.</param>
    /// <param name="next">Receives the pairs of the next version.</param>
    /// <param name="count">Values behind each pair of <paramref name="batch"/>.</param>
    /// <param name="momentum">Weight of the new statistics, in [0, 1]; α in the paper.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static void AverageDeviations(ReadOnlySpan<float> running, ReadOnlySpan<float> batch, Span<float> next, long count, double momentum, double epsilon)
    {
        running.CopyTo(next);
        if (count == 0)
            return;
        for (var i = 0; i < running.Length; i += 2)
        {
            next[i] = (float)(((1 - momentum) * running[i]) + (momentum * batch[i]));
            if (count > 1)
                next[i + 1] = (float)(((1 - momentum) * running[i + 1]) + (momentum * Math.Sqrt(batch[i + 1] + epsilon)));
        }
    }
}
