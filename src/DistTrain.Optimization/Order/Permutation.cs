using DistTrain.Optimization.Randomness;

namespace DistTrain.Optimization.Order;

/// <summary>
/// The order of the examples in one epoch: Fisher and Yates's shuffle (in Durstenfeld's form, CACM 7, 1964) over a counter
/// generator. A pure function of (seed, group, epoch, count), so every rank on every machine reads the same order, and a rank
/// that starts anew needs no memory of the epochs before.
/// </summary>
public static class Permutation
{
    /// <summary>A fresh permutation of 0..<paramref name="count"/> − 1.</summary>
    /// <param name="seed">The job's seed.</param>
    /// <param name="group">The replica group; groups read in different orders.</param>
    /// <param name="epoch">The epoch, counted from 0 over the whole job.</param>
    /// <param name="count">Examples in the training set.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    public static int[] Of(long seed, int group, int epoch, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Shuffled(count, new CounterRandom(seed, Draw.Permutation, group, epoch));
    }

    /// <summary>Which of 0..<paramref name="count"/> − 1 are set apart from the rest: a function of seed and numbers.</summary>
    /// <param name="seed">The job's seed.</param>
    /// <param name="count">Examples.</param>
    /// <param name="apart">How many of them are set apart.</param>
    /// <returns>Both parts ascending.</returns>
    public static (int[] Kept, int[] Apart) Split(long seed, int count, int apart)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(apart);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(apart, count);
        var order = Shuffled(count, new CounterRandom(seed, Draw.Validation));
        Array.Sort(order, 0, apart);
        Array.Sort(order, apart, count - apart);
        return (order[apart..], order[..apart]);
    }

    private static int[] Shuffled(int count, CounterRandom random)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
            order[i] = i;

        for (var last = count - 1; last > 0; last--)
        {
            var chosen = random.NextBelow(last + 1);
            (order[last], order[chosen]) = (order[chosen], order[last]);
        }

        return order;
    }
}
