using DistTrain.Benchmarks.Observability;
using DistTrain.Benchmarks.Sides;

namespace DistTrain.Benchmarks.Pages;

/// <summary>
/// What viewers cost a run: <c>cnn</c>, batch 128, 2 ranks on 2 silos, one server, with the pages of its silos and some who follow the run there, against a
/// cluster without pages, side by side. A viewer asks for what a browser asks for; what a browser draws is its own machine's work, and left out.
/// </summary>
internal static class ViewersMeasurement
{
    public static async Task RunAsync(string? data, int viewers, int rounds, int seconds, int skip)
    {
        PageBenchmark.Say($"| round | without pages, images/s | {viewers} viewers, images/s | ratio | news each viewer had | bytes of it |");
        Console.WriteLine("|---|---|---|---|---|---|");
        List<double> ratios = [];
        for (var round = 1; round <= rounds; round++)
        {
            var (without, with, told) = await RoundAsync(data, viewers, isWatchedFirst: round % 2 == 0, seconds, skip);
            if (told.Any(viewer => viewer.News == 0))
                throw new InvalidOperationException("a viewer was told nothing: nothing was measured");
            ratios.Add(with / without);
            PageBenchmark.Say($"| {round} | {without:F0} | {with:F0} | {ratios[^1]:F3} | {told.Min(viewer => viewer.News)} to {told.Max(viewer => viewer.News)} | {told.Average(viewer => viewer.Bytes):F0} |");
        }

        PageBenchmark.Say($"| **median** | | | **{PageBenchmark.Median(ratios):F3}** | | |");
        Console.WriteLine();
    }

    private static async Task<(double Without, double With, IReadOnlyList<(int News, long Bytes)> Told)> RoundAsync(string? data, int viewers, bool isWatchedFirst, int seconds, int skip)
    {
        using var first = await TrainingCluster.StartAsync(data, hasPages: isWatchedFirst);
        using var second = await TrainingCluster.StartAsync(data, hasPages: !isWatchedFirst);
        var (with, without) = isWatchedFirst ? (first, second) : (second, first);
        using var end = new CancellationTokenSource();
        List<Task<(int News, long Bytes)>> watching = [.. Enumerable.Range(0, viewers).Select(viewer => WatchAsync(with.Pages[viewer % with.Pages.Count], end.Token))];
        await Task.WhenAll(with.Side.StepAsync(skip), without.Side.StepAsync(skip));
        var (imagesWithout, imagesWith) = await SideBySide.MeasureAsync(without.Side, with.Side, seconds);
        await end.CancelAsync();
        return (imagesWithout, imagesWith, await Task.WhenAll(watching));
    }

    /// <summary>One viewer: the page's files, the run as it is, and its news until the end.</summary>
    private static async Task<(int News, long Bytes)> WatchAsync(Uri page, CancellationToken end)
    {
        using var http = new HttpClient { BaseAddress = page };
        foreach (var file in (string[])["", "page.css", "echarts.js", "app.js"])
            await http.GetByteArrayAsync(file, end);
        await http.GetByteArrayAsync("jobs/measured/data", end);
        var (news, bytes) = (0, 0L);
        try
        {
            using var stream = new StreamReader(await http.GetStreamAsync("jobs/measured/news", end));
            while (await stream.ReadLineAsync(end) is { } line)
            {
                if (line.StartsWith("data: {", StringComparison.Ordinal))
                    (news, bytes) = (news + 1, bytes + line.Length);
            }
        }
        catch (OperationCanceledException)
        {
            // As many as there were by then.
        }

        return (news, bytes);
    }
}
