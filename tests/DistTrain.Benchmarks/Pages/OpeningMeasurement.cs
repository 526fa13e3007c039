using System.Diagnostics;
using System.Globalization;
using DistTrain.Benchmarks.Recovery;
using DistTrain.Tests.Browsers;

namespace DistTrain.Benchmarks.Pages;

/// <summary>How long it takes to open runs that are over: one of very many steps, and very many.</summary>
internal static class OpeningMeasurement
{
    /// <summary>A frame behind the one in which the page has drawn its plots; the origin is the beginning of the navigation.</summary>
    private const string NotesWhenDrawn = """
        new MutationObserver((_, observer) => {
            if (document.documentElement?.dataset.ready) {
                observer.disconnect();
                requestAnimationFrame(() => requestAnimationFrame(() => window.drawnAt = performance.now()));
            }
        }).observe(document, { attributes: true, childList: true, subtree: true, attributeFilter: ['data-ready'] });
        """;

    /// <summary>One run of so many steps.</summary>
    public static async Task LongAsync(long steps, int rounds)
    {
        using var folder = new TempFolder();
        WrittenRun.Write(folder["long"], steps, "optimizer.lr=0.1");
        PageBenchmark.Say($"{steps:N0} steps, {new FileInfo(folder["long/metrics.jsonl"]).Length / 1e6:F0} MB of metrics.jsonl");
        Console.WriteLine();
        await OpenAsync([folder["long"]], folder["report.html"], rounds);
    }

    /// <summary>Very many runs, of 500 steps each.</summary>
    public static async Task ManyAsync(int runs, int rounds)
    {
        using var folder = new TempFolder();
        for (var run = 0; run < runs; run++)
            WrittenRun.Write(folder[$"runs/run-{run:000}"], 500, $"seed={run % 5}", string.Create(CultureInfo.InvariantCulture, $"optimizer.lr={0.01 * (1 + (run / 5))}"));
        PageBenchmark.Say($"{runs} runs of 500 steps, 5 seeds of each rate");
        Console.WriteLine();
        await OpenAsync([folder["runs"]], folder["report.html"], rounds);
    }

    private static async Task OpenAsync(string[] runs, string report, int rounds)
    {
        Console.WriteLine("| | s |");
        Console.WriteLine("|---|---|");
        for (var time = 1; time <= 2; time++)
        {
            var clock = Stopwatch.StartNew();
            using var page = Role.Start(["page", .. runs, "--output", "json"]);
            var address = (await page.WaitAsync(e => e.GetProperty("event").GetString() == "page")).Event.GetProperty("address").GetString()!;
            PageBenchmark.Say($"| `disttrain page`, {(time == 1 ? "first" : "second")} time, until it serves | {clock.Elapsed.TotalSeconds:F2} |");
            await PaintAsync("a browser, until the plots are drawn", rounds, new Uri(address));
        }

        var made = Stopwatch.StartNew();
        await Role.RunAsync(["report", .. runs, "--out", report]);
        PageBenchmark.Say($"| `disttrain report`, {new FileInfo(report).Length / 1e6:F2} MB | {made.Elapsed.TotalSeconds:F2} |");
        await PaintAsync("a browser, until its plots are drawn", rounds, new Uri($"file://{report}"));
        Console.WriteLine();
    }

    /// <summary>Each time in a new browser, which keeps nothing.</summary>
    private static async Task PaintAsync(string what, int rounds, Uri address)
    {
        List<double> seconds = [];
        for (var round = 0; round < rounds; round++)
        {
            await using var browser = await Browser.StartAsync();
            await browser.Page.EvaluateFunctionOnNewDocumentAsync($"() => {{ {NotesWhenDrawn} }}");
            await browser.GoAsync(address);
            await browser.Page.WaitForExpressionAsync("window.drawnAt !== undefined").For("a frame");
            if (browser.Complaints.Count > 0)
                throw new InvalidOperationException($"the page complains: {browser.Complaints[0]}");
            seconds.Add(await browser.Page.EvaluateExpressionAsync<double>("window.drawnAt") / 1000);
        }

        PageBenchmark.Say($"| {what}: {PageBenchmark.Each(seconds)} | **{PageBenchmark.Median(seconds):F2}** |");
    }
}
