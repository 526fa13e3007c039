using System.Globalization;

namespace DistTrain.Benchmarks.Pages;

/// <summary>What the page of a run shows, and when, in Debian's chromium without a window; and what it costs the run to be looked at.</summary>
internal static class PageBenchmark
{
    /// <summary>Each part by its name.</summary>
    public static readonly IReadOnlyList<string> Parts = ["live", "long", "compare", "viewers"];

    /// <param name="part">One of them; null: all.</param>
    /// <param name="data">Folder of the MNIST files, or null.</param>
    /// <param name="rounds">Kills, openings, and pairs with and without viewers.</param>
    /// <param name="seconds">Timed seconds of each pair, and of a run that is followed.</param>
    /// <param name="skip">Steps of each side before them.</param>
    /// <param name="viewers">How many follow a run.</param>
    public static async Task RunAsync(string? part, string? data, int rounds, int seconds, int skip, int viewers)
    {
        if (part is null or "live")
            await LiveMeasurement.RunAsync(rounds, seconds);
        if (part is null or "long")
            await OpeningMeasurement.LongAsync(steps: 1_000_000, rounds);
        if (part is null or "compare")
            await OpeningMeasurement.ManyAsync(runs: 200, rounds);
        if (part is null or "viewers")
            await ViewersMeasurement.RunAsync(data, viewers, rounds, seconds, skip);
    }

    /// <summary>Of an odd number of figures the one in the middle, of an even one the mean of the two.</summary>
    internal static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    internal static string Each(IEnumerable<double> seconds) => string.Join(", ", seconds.Select(s => s.ToString("F2", CultureInfo.InvariantCulture)));

    internal static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
