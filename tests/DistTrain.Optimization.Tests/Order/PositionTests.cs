using CsCheck;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Order;

[Trait("Kind", "Fast")]
public sealed class PositionTests
{
    /// <summary>Promise 2 of the design, for any size of data, batch and number of ranks, the short last batch included.</summary>
    [Fact]
    public void Each_example_is_seen_exactly_once_per_epoch() =>
        Gen.Select(Gen.Long, Gen.Int[1, 300], Gen.Int[1, 400], Gen.Int[1, 40], Gen.Int[0, 3]).Sample((seed, datasetSize, batch, ranks, group) =>
        {
            const int epochs = 3;
            var seen = new int[epochs, datasetSize];
            var position = Position.Start(group);
            while (position.Epoch < epochs)
            {
                var order = Permutation.Of(seed, group, position.Epoch, datasetSize);
                var take = position.Take(batch, datasetSize);
                for (var rank = 0; rank < ranks; rank++)
                {
                    var shard = Shard.Of(rank, ranks, take);
                    foreach (var example in order.AsSpan(position.Cursor + shard.Start, shard.Count))
                        seen[position.Epoch, example]++;
                }

                position = position.Advance(take, datasetSize);
            }

            return seen.Cast<int>().All(times => times == 1)
                && position == new Position(Phase: 0, Epoch: epochs, Cursor: 0, Examples: (long)epochs * datasetSize, Group: group);
        });

    [Fact]
    public void An_epoch_has_its_size_over_batch_steps_rounded_up() =>
        Gen.Select(Gen.Int[1, 500], Gen.Int[1, 600]).Sample((datasetSize, batch) =>
        {
            var steps = 0;
            for (var position = Position.Start(); position.Epoch == 0; steps++)
                position = position.Advance(position.Take(batch, datasetSize), datasetSize);
            return steps == (datasetSize + batch - 1) / batch;
        });

    [Fact]
    public void The_position_after_many_steps_is_where_single_steps_lead() =>
        Gen.Select(Gen.Int[1, 100], Gen.Int[1, 120], Gen.Int[0, 60]).Sample((datasetSize, batch, steps) =>
        {
            var position = Position.Start(group: 2);
            for (var i = 0; i < steps; i++)
                position = position.Advance(position.Take(batch, datasetSize), datasetSize);
            return position == Position.After(steps, batch, datasetSize, group: 2)
                && position.EpochsDone(datasetSize) == position.Epoch + ((double)position.Cursor / datasetSize);
        });

    [Fact]
    public void A_batch_may_grow_within_an_epoch()
    {
        var position = Position.Start().Advance(take: 3, datasetSize: 10);
        Assert.Equal(new Position(0, 0, 3, 3, 0), position);
        Assert.Equal(7, position.Take(batch: 8, datasetSize: 10));
        Assert.Equal(new Position(0, 1, 0, 10, 0), position.Advance(take: 7, datasetSize: 10));
    }

    [Fact]
    public void Refuses_steps_that_are_empty_or_leave_the_epoch()
    {
        var position = Position.Start().Advance(take: 3, datasetSize: 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => position.Advance(take: 8, datasetSize: 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => position.Advance(take: 0, datasetSize: 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => position.Take(batch: 0, datasetSize: 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => position.Take(batch: 4, datasetSize: 3));
    }
}
