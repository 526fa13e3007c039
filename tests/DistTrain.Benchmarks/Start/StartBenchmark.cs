using System.Globalization;

namespace DistTrain.Benchmarks.Start;

/// <summary>
/// What a user waits for first: from the start of <c>train</c> to its first step, and the first fifty steps; and whether what was saved there is paid for later.
/// Two builds in turns, so that a noisy machine hits both.
/// </summary>
internal static class StartBenchmark
{
    private static readonly (string Name, Func<Run, double> Of)[] _figures =
    [
        ("submitted, s", r => r.Submitted),
        ("first step, s", r => r.FirstStep),
        ("processor to there, s", r => r.Processor),
        ("steps 1 to 50, s", r => r.Steps.Take(50).Sum() / 1000),
        ("steps 2 to 10, ms each", r => r.Mean(2, 10)),
        ("11 to 50", r => r.Mean(11, 50)),
        ("51 to 100", r => r.Mean(51, 100)),
        ("101 to 150", r => r.Mean(101, 150)),
        ("1,000 to 1,500", r => r.Mean(1000, 1500)),
    ];

    public static async Task RunAsync(string? data, string? other, int rounds, int steps)
    {
        Console.WriteLine($"| | {string.Join(" | ", _figures.Select(f => f.Name))} | weights |");
        Console.WriteLine($"|---|{string.Concat(_figures.Select(_ => "---|"))}---|");
        var (ours, others) = (new List<Run>(), new List<Run>());
        for (var round = 1; round <= rounds; round++)
        {
            if (other is not null)
                others.Add(await SeenAsync($"other, round {round}", other, data, steps));
            ours.Add(await SeenAsync($"this, round {round}", null, data, steps));
        }

        Console.WriteLine($"| **this, median** | {string.Join(" | ", _figures.Select(f => Text(Median(ours.Select(f.Of)))))} | |");
        if (other is null)
            return;
        Console.WriteLine($"| **other, median** | {string.Join(" | ", _figures.Select(f => Text(Median(others.Select(f.Of)))))} | |");
        Console.WriteLine($"| **median of this / other** | {string.Join(" | ", _figures.Select(f => Text(Median(ours.Zip(others, (a, b) => f.Of(a) / f.Of(b))))))} | |");
    }

    private static async Task<Run> SeenAsync(string name, string? program, string? data, int steps)
    {
        var run = await Run.OfAsync(program, data, steps);
        Console.WriteLine($"| {name} | {string.Join(" | ", _figures.Select(f => Text(f.Of(run))))} | `{run.WeightsSha256[..8]}` |");
        return run;
    }

    private static string Text(double value) => double.IsNaN(value) ? "" : value.ToString(value < 10 ? "F2" : "F1", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
