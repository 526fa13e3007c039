using System.Buffers;
using System.Runtime.InteropServices;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Gradients;

/// <summary>The servers' sum in float64 against that of whole vectors in one process.</summary>
[Trait("Kind", "Fast")]
public class WideSumTests
{
    private const int Ranks = 7;

    private static readonly Bucket _bucket =
        ParameterLayout.Of([new Segment("weight", SegmentKind.Weight, [5, 3], 0, Initialization.One)], bucketLength: 16).Buckets[0];

    [Fact]
    public void Whoever_comes_first_the_sum_is_that_of_the_rank_tree_in_float64()
    {
        double[][] chunks = [.. Enumerable.Range(0, Ranks).Select(rank => Enumerable.Range(0, _bucket.Length).Select(i => Math.Pow(-1.7, rank + i) / 3).ToArray())];
        var expected = RankSum.Of([.. chunks.Select(chunk => (double[])chunk.Clone())]);
        var sum = new WideSum(new RankTree(Ranks), _bucket);
        // A second step, in another order, and chunks that come twice, sent and in memory.
        foreach (var order in new int[][] { [3, 0, 6, 5, 1, 2, 4], [6, 5, 4, 3, 2, 1, 0] })
        {
            foreach (var rank in order)
            {
                var isLast = rank == order[^1];
                Assert.Equal(isLast ? Arrival.Complete : Arrival.Pending, sum.Add(rank, 1, Rented(chunks[rank])));
                Assert.Equal(Arrival.Duplicate, sum.Add(rank, 1, new float[2 * _bucket.Length].AsMemory()));
                Assert.Equal(isLast, sum.IsComplete);
            }

            Assert.Equal(expected, MemoryMarshal.Cast<float, double>(sum.Total).ToArray());
            sum.Reset();
            Assert.False(sum.IsComplete || sum.Has(0));
        }
    }

    private static float[] Rented(double[] chunk)
    {
        var words = ArrayPool<float>.Shared.Rent(2 * chunk.Length);
        MemoryMarshal.Cast<double, float>(chunk).CopyTo(words);
        return words;
    }
}
