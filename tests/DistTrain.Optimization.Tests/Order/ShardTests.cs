using CsCheck;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Order;

[Trait("Kind", "Fast")]
public sealed class ShardTests
{
    private static readonly Gen<(int Ranks, int Take)> Steps =
        Gen.Select(Gen.OneOf(Gen.Int[1, 64], Gen.Int[1, 2000]), Gen.OneOf(Gen.Int[0, 100], Gen.Int[0, int.MaxValue]));

    [Fact]
    public void Shards_cover_the_step_without_gap_or_overlap() =>
        Steps.Sample(step =>
        {
            var end = 0;
            for (var rank = 0; rank < step.Ranks; rank++)
            {
                var shard = Shard.Of(rank, step.Ranks, step.Take);
                if (shard.Start != end || shard.Count < 0)
                    return false;
                end = shard.End;
            }

            return end == step.Take;
        });

    [Fact]
    public void Shards_differ_by_at_most_one_example_and_the_largest_is_known() =>
        Steps.Sample(step =>
        {
            var counts = Enumerable.Range(0, step.Ranks).Select(rank => Shard.Of(rank, step.Ranks, step.Take).Count).ToArray();
            return counts.Max() - counts.Min() <= 1 && counts.Max() == Shard.LargestCount(step.Ranks, step.Take);
        });

    [Fact]
    public void A_step_shorter_than_the_ranks_leaves_some_empty()
    {
        var counts = Enumerable.Range(0, 5).Select(rank => Shard.Of(rank, 5, take: 2).Count);
        Assert.Equal([0, 0, 1, 0, 1], counts);
    }

    [Theory]
    [InlineData(-1, 2, 8)]
    [InlineData(2, 2, 8)]
    [InlineData(0, 0, 8)]
    [InlineData(0, 2, -1)]
    public void Refuses_a_step_that_cannot_be(int rank, int ranks, int take) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Shard.Of(rank, ranks, take));
}
