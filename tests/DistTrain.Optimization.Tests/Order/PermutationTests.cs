using CsCheck;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Order;

[Trait("Kind", "Fast")]
public sealed class PermutationTests
{
    [Fact]
    public void Holds_each_example_exactly_once() =>
        Gen.Select(Gen.Long, Gen.Int[0, 64], Gen.Int[0, 1000], Gen.Int[0, 700]).Sample((seed, group, epoch, count) =>
        {
            var order = Permutation.Of(seed, group, epoch, count);
            Array.Sort(order);
            return order.SequenceEqual(Enumerable.Range(0, count));
        });

    [Fact]
    public void Is_the_same_when_asked_again() =>
        Gen.Select(Gen.Long, Gen.Int[0, 64], Gen.Int[0, 1000], Gen.Int[0, 300]).Sample((seed, group, epoch, count) =>
            Permutation.Of(seed, group, epoch, count).SequenceEqual(Permutation.Of(seed, group, epoch, count)));

    [Fact]
    public void Differs_between_epochs_groups_and_seeds() =>
        Gen.Select(Gen.Long[long.MinValue, long.MaxValue - 1], Gen.Int[0, 64], Gen.Int[0, 1000], Gen.Int[50, 300]).Sample((seed, group, epoch, count) =>
        {
            var order = Permutation.Of(seed, group, epoch, count);
            return !order.SequenceEqual(Permutation.Of(seed, group, epoch + 1, count))
                && !order.SequenceEqual(Permutation.Of(seed, group + 1, epoch, count))
                && !order.SequenceEqual(Permutation.Of(seed + 1, group, epoch, count));
        });

    [Fact]
    public void Puts_each_example_in_each_place_equally_often()
    {
        const int count = 10;
        const int epochs = 20_000;
        var seen = new int[count, count];
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            var order = Permutation.Of(seed: 7, group: 0, epoch, count);
            for (var place = 0; place < count; place++)
                seen[place, order[place]]++;
        }

        // Each cell is binomial with mean 2000 and deviation 42.4: six deviations.
        foreach (var times in seen)
            Assert.InRange(times, 2000 - 255, 2000 + 255);
    }

    /// <summary>The order is part of a result's bits: whoever changes these numbers changes every job's weights. Computed apart in Python.</summary>
    [Fact]
    public void Is_the_published_order() =>
        Assert.Equal([3, 4, 5, 0, 9, 8, 2, 1, 7, 6], Permutation.Of(seed: 1, group: 0, epoch: 0, count: 10));

    [Fact]
    public void A_split_is_a_function_of_the_seed_and_has_each_example_in_one_part() =>
        Gen.Select(Gen.Long[long.MinValue, long.MaxValue - 1], Gen.Int[50, 300], Gen.Double[0, 1]).Sample((seed, count, share) =>
        {
            var apart = (int)(share * count);
            var split = Permutation.Split(seed, count, apart);
            Assert.Equal(apart, split.Apart.Length);
            Assert.Equal(Enumerable.Range(0, count), split.Kept.Concat(split.Apart).Order());
            Assert.Equal(split.Kept.Order(), split.Kept);
            Assert.Equal(split.Apart.Order(), split.Apart);
            Assert.Equal(split.Apart, Permutation.Split(seed, count, apart).Apart);
            if (apart is > 10 && count - apart > 10)
                Assert.NotEqual(split.Apart, Permutation.Split(seed + 1, count, apart).Apart);
        });
}
