using CsCheck;
using DistTrain.Optimization.Normalization;

namespace DistTrain.Optimization.Tests.Normalization;

[Trait("Kind", "Fast")]
public class BatchMomentsTests
{
    [Fact]
    public void Merged_over_any_ranks_they_are_those_of_all_values() =>
        Gen.Double[-1, 1].Array[0, 9].Array[1, 9].Sample(ranks =>
        {
            // Far from 0: E[x²] − E[x]² would lose its digits.
            var all = ranks.SelectMany(r => r).Select(x => x + 1e4).ToArray();
            var merged = BatchMoments.Merge([.. ranks.Select(r => Of([.. r.Select(x => x + 1e4)]))]);
            var direct = Of(all);
            Assert.Equal(direct.Count, merged.Count);
            Assert.Equal(direct.Mean[0], merged.Mean[0], 1e-10);
            Assert.Equal(direct.SquaredDeviations[0], merged.SquaredDeviations[0], 1e-9);
        });

    [Fact]
    public void No_examples_change_nothing()
    {
        var some = Of([1, 2, 4]);
        Assert.Same(some, BatchMoments.Merge(some, BatchMoments.Empty(1)));
        Assert.Same(some, BatchMoments.Merge(BatchMoments.Empty(1), some));
        Assert.Equal(0, BatchMoments.Merge([BatchMoments.Empty(2), BatchMoments.Empty(2)]).Count);
    }

    [Fact]
    public void Sums_are_added_in_the_order_of_the_rank_tree()
    {
        double[][] ranks = [[1e16, 1], [1, 2], [-1e16, 3]];
        Assert.Equal([(1e16 + 1) + -1e16, 6], BatchMoments.Sum(ranks));
    }

    private static BatchMoments Of(double[] values)
    {
        if (values.Length == 0)
            return BatchMoments.Empty(1);
        var mean = values.Average();
        return new BatchMoments(values.Length, [mean], [values.Sum(x => (x - mean) * (x - mean))]);
    }
}
