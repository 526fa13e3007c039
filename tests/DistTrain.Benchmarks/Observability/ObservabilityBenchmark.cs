using System.Globalization;
using DistTrain.Benchmarks.Sides;
using DistTrain.Tests.Otlp;

namespace DistTrain.Benchmarks.Observability;

/// <summary>
/// What it costs to be looked at: <c>cnn</c>, batch 128, 2 ranks on 2 silos, one server, with metrics that are scraped each second and sent by OTLP, and traces
/// of some steps, against neither, side by side. Who scrapes and who receives is this process, which takes its share from both.
/// </summary>
internal static class ObservabilityBenchmark
{
    /// <param name="data">Folder of the MNIST files, or null.</param>
    /// <param name="rounds">Rounds; each runs both sides.</param>
    /// <param name="seconds">Timed seconds of each round.</param>
    /// <param name="skip">Steps of each side before them.</param>
    /// <param name="sampled">Share of the steps that are traced.</param>
    public static async Task RunAsync(string? data, int rounds, int seconds, int skip, double sampled)
    {
        Console.WriteLine("| round | unobserved, images/s | observed, images/s | ratio | scrapes | spans |");
        Console.WriteLine("|---|---|---|---|---|---|");
        List<double> ratios = [];
        for (var round = 1; round <= rounds; round++)
        {
            await using var receiver = await OtlpReceiver.StartAsync();
            var (without, with, scrapes) = await RoundAsync(data, round % 2 == 0, seconds, skip, receiver, sampled);
            if (receiver.Spans.Count == 0 || receiver.MetricsCalls == 0 || scrapes == 0)
                throw new InvalidOperationException("nothing was observed: nothing was measured");
            ratios.Add(with / without);
            Console.WriteLine(Invariant($"| {round} | {without:F0} | {with:F0} | {ratios[^1]:F3} | {scrapes} | {receiver.Spans.Count} |"));
        }

        var sorted = ratios.Order().ToList();
        Console.WriteLine(Invariant($"| **median** | | | **{(sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2:F3}** | | |"));
    }

    private static async Task<(double Without, double With, int Scrapes)> RoundAsync(string? data, bool isObservedFirst, int seconds, int skip, OtlpReceiver receiver, double sampled)
    {
        var tracing = new Tracing(receiver.Endpoint, sampled);
        using var first = await TrainingCluster.StartAsync(data, isObservedFirst ? tracing : null);
        using var second = await TrainingCluster.StartAsync(data, isObservedFirst ? null : tracing);
        var (with, without) = isObservedFirst ? (first, second) : (second, first);
        using var end = new CancellationTokenSource();
        var scraping = ScrapeAsync(with.HttpPorts, end.Token);
        await Task.WhenAll(with.Side.StepAsync(skip), without.Side.StepAsync(skip));
        var (imagesWithout, imagesWith) = await SideBySide.MeasureAsync(without.Side, with.Side, seconds);
        await end.CancelAsync();
        return (imagesWithout, imagesWith, await scraping);
    }

    /// <summary>As Prometheus does, but each second.</summary>
    /// <returns>How many answers came.</returns>
    private static async Task<int> ScrapeAsync(IReadOnlyList<int> ports, CancellationToken end)
    {
        using var http = new HttpClient();
        var answers = 0;
        try
        {
            while (true)
            {
                foreach (var port in ports)
                {
                    if ((await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), end)).Contains("dotnet_", StringComparison.Ordinal))
                        answers++;
                }

                await Task.Delay(TimeSpan.FromSeconds(1), end);
            }
        }
        catch (OperationCanceledException)
        {
            return answers;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
