using DistTrain.Benchmarks.Recovery;

namespace DistTrain.Benchmarks.Sides;

/// <summary>
/// Two sides that train at the same time, each on its own half of the cores. A machine that is slower for a while is slower for both (runs one after the other
/// differ by ten times of what is to be measured); each pays with its own cores for all it does, on whichever thread; and in the middle they swap, so that none
/// has the better half.
/// </summary>
internal static class SideBySide
{
    /// <param name="one">A side that trains.</param>
    /// <param name="other">Another.</param>
    /// <param name="seconds">How long in all.</param>
    /// <returns>images/s of each.</returns>
    public static async Task<(double One, double Other)> MeasureAsync(Side one, Side other, int seconds)
    {
        var cores = Environment.ProcessorCount;
        if (cores < 2)
            throw new InvalidOperationException("two sides take two cores");
        var (low, high) = ($"0-{(cores / 2) - 1}", $"{cores / 2}-{(cores / 2 * 2) - 1}");
        var (first, second) = (await HalfAsync(low, high), await HalfAsync(high, low));
        return ((first.One + second.One) / 2, (first.Other + second.Other) / 2);

        async Task<(double One, double Other)> HalfAsync(string coresOfOne, string coresOfOther)
        {
            await one.PinAsync(coresOfOne);
            await other.PinAsync(coresOfOther);
            var from = Role.Now;
            await Task.Delay(TimeSpan.FromSeconds(seconds / 2.0));
            var to = Role.Now;
            return (one.ImagesPerSecond(from, to), other.ImagesPerSecond(from, to));
        }
    }
}
