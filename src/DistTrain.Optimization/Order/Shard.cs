namespace DistTrain.Optimization.Order;

/// <summary>
/// The contiguous slice of one step's examples that one rank computes: of <c>take</c> examples, rank r of n gets
/// [take·r/n, take·(r+1)/n). The slices of all ranks cover the step without gap or overlap, and their lengths differ by at
/// most one; a step shorter than the number of ranks leaves some of them empty.
/// </summary>
/// <param name="Start">First example, counted within the step.</param>
/// <param name="Count">Examples; 0 for an empty share.</param>
public readonly record struct Shard(int Start, int Count)
{
    /// <summary>Index behind the last example, counted within the step.</summary>
    public int End => Start + Count;

    /// <summary>The slice of <paramref name="rank"/> among <paramref name="ranks"/> in a step of <paramref name="take"/> examples.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative step, no ranks, or a rank outside 0..<paramref name="ranks"/> − 1.</exception>
    public static Shard Of(int rank, int ranks, int take)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ranks);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, ranks);
        ArgumentOutOfRangeException.ThrowIfNegative(take);

        // Long: take · ranks passes 2^31 for large batches over many ranks.
        var start = (int)((long)take * rank / ranks);
        var end = (int)((long)take * (rank + 1) / ranks);
        return new Shard(start, end - start);
    }

    /// <summary>
    /// Length of the longest slice: every rank runs as many micro-batches as this one needs, empty ones included, so that no
    /// exchange of moments waits for ever.
    /// </summary>
    public static int LargestCount(int ranks, int take)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ranks);
        ArgumentOutOfRangeException.ThrowIfNegative(take);
        return (int)(((long)take + ranks - 1) / ranks);
    }
}
