using System.Globalization;

namespace DistTrain.Benchmarks.Overhead;

/// <summary>What the cluster costs: both sides alternate in one run, so that a noisy machine hits both.</summary>
internal static class OverheadBenchmark
{
    public static async Task RunAsync(string? data, int rounds, int steps, int skip)
    {
        Console.WriteLine("| round | bare, images/s (2 processes) | the same, waiting for each other after each step | cluster, images/s (2 ranks, 2 silos) | over bare | over those that wait | share outside forward/backward |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var (ratios, waiting, shares) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 1; round <= rounds; round++)
        {
            var bare = await BareAsync(data, steps, skip, isTogether: false);
            var together = await BareAsync(data, steps, skip, isTogether: true);
            var (cluster, share) = await ClusterAsync(data, steps, skip);
            ratios.Add(cluster / bare);
            waiting.Add(cluster / together);
            shares.Add(share);
            Console.WriteLine(Invariant($"| {round} | {bare:F0} | {together:F0} | {cluster:F0} | {cluster / bare:F3} | {cluster / together:F3} | {share:P1} |"));
        }

        Console.WriteLine(Invariant($"| **median** | | | | **{Median(ratios):F3}** | **{Median(waiting):F3}** | **{Median(shares):P1}** |"));
    }

    private static async Task<double> BareAsync(string? data, int steps, int skip, bool isTogether)
    {
        string[] arguments = ["bare", "--steps", $"{steps}", "--skip", $"{skip}", .. data is null ? Array.Empty<string>() : ["--data", data], .. isTogether ? ["--together"] : Array.Empty<string>()];
        var processes = Enumerable.Range(0, 2).Select(_ => Self.Start(arguments)).ToList();
        // Both are warm before either is timed.
        await MeetAsync("ready");
        for (var step = 0; isTogether && step < steps; step++)
            await MeetAsync("done");
        var total = 0.0;
        foreach (var process in processes)
        {
            total += double.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        return total;

        async Task MeetAsync(string point)
        {
            foreach (var process in processes)
                Expect(point, await process.StandardOutput.ReadLineAsync());
            foreach (var process in processes)
                await process.StandardInput.WriteLineAsync();
        }
    }

    private static async Task<(double ImagesPerSecond, double OutsideShare)> ClusterAsync(string? data, int steps, int skip)
    {
        var (events, _) = await Self.TrainAsync(data, "model.name=cnn", "batch=512", "workers=2", $"steps={steps + skip}", "dataset.testExamples=100", "evaluation.everyEpochs=0");
        var timed = events
            .Where(e => e.GetProperty("event").GetString() == "step")
            .Skip(skip)
            .ToList();
        var milliseconds = timed.Sum(e => e.GetProperty("milliseconds").GetDouble());
        var outside = timed.Select(e => 1 - (e.GetProperty("computeMilliseconds").GetDouble() / e.GetProperty("milliseconds").GetDouble())).ToList();
        return (timed.Sum(e => e.GetProperty("examples").GetDouble()) / milliseconds * 1000, Median(outside));
    }

    private static void Expect(string expected, string? found)
    {
        if (expected != found)
            throw new InvalidOperationException($"expected '{expected}', found '{found}'");
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
