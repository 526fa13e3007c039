using System.Globalization;
using System.Text.RegularExpressions;
using DistTrain.Benchmarks.Overhead;

namespace DistTrain.Benchmarks.Normalization;

/// <summary>
/// What BatchNorm over all ranks costs: <c>resnet20</c>, 2 ranks on 2 silos, 64 images a rank, with statistics of each rank and of both, in turns.
/// Messages and round trips are those of the ranks' own logs.
/// </summary>
internal static partial class NormalizationBenchmark
{
    public static async Task RunAsync(string? data, int rounds, int steps, int skip)
    {
        Console.WriteLine("| round | local, ms a step | global, ms a step | ratio | messages a rank and step | bytes sent | bytes received | round trip p50, ms | p99, ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var ratios = new List<double>();
        for (var round = 1; round <= rounds; round++)
        {
            var (local, _) = await TrainAsync(data, "local", steps, skip);
            var (global, ranks) = await TrainAsync(data, "global", steps, skip);
            ratios.Add(global / local);
            foreach (var rank in ranks)
                Console.WriteLine(Invariant($"| {round} | {local:F1} | {global:F1} | {global / local:F3} | {rank.Messages / (steps + skip)} | {rank.Sent / (steps + skip):F0} | {rank.Received / (steps + skip):F0} | {rank.Median:F2} | {rank.High:F2} |"));
        }

        Console.WriteLine(Invariant($"median ratio {Median(ratios):F3}"));
    }

    /// <summary>Median milliseconds of the timed steps, and what each rank logged of its exchange.</summary>
    private static async Task<(double Milliseconds, IReadOnlyList<Exchange> Ranks)> TrainAsync(string? data, string scope, int steps, int skip)
    {
        var (events, log) = await Self.TrainAsync(
            data, "model.name=resnet20", "batch=128", "workers=2", $"batchNorm.scope={scope}", $"steps={steps + skip}", "dataset.testExamples=100", "evaluation.everyEpochs=0");
        var times = events.Where(e => e.GetProperty("event").GetString() == "step").Skip(skip).Select(e => e.GetProperty("milliseconds").GetDouble()).ToList();
        return (Median(times), [.. log.Select(l => Line().Match(l)).Where(m => m.Success).Select(Exchange.Of)]);
    }

    [GeneratedRegex(@"rank \d+: (\d+) exchanges of moments, (\d+) bytes sent, (\d+) received; the last round trips p50 ([\d.]+) ms, p99 ([\d.]+) ms")]
    private static partial Regex Line();

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Exchange(double Messages, double Sent, double Received, double Median, double High)
    {
        public static Exchange Of(Match line) => new(Number(line, 1), Number(line, 2), Number(line, 3), Number(line, 4), Number(line, 5));

        private static double Number(Match line, int group) => double.Parse(line.Groups[group].Value, CultureInfo.InvariantCulture);
    }
}
