using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using DistTrain.Benchmarks.Recovery;
using DistTrain.Benchmarks.Sides;
using DistTrain.Tests.Browsers;

namespace DistTrain.Benchmarks.Pages;

/// <summary>
/// A run that lasts, <c>mlp</c> over 4 ranks on 3 silos, at the page of <c>train</c> and at that of a silo: how long after its closing a step is shown, and how long
/// after its SIGKILL the loss of a silo. A step counts as closed when a process beside the browser is told of it.
/// </summary>
internal static partial class LiveMeasurement
{
    private static readonly string[] _settings = ["model.name=mlp", "workers=4", "batch=64", "dataset.testExamples=100", "evaluation.everyEpochs=0", "checkpoint.everySteps=0"];

    public static async Task RunAsync(int rounds, int seconds)
    {
        Console.WriteLine("| page | steps | shown after their closing, s: median | longest | a killed silo on the fault line, s | longest |");
        Console.WriteLine("|---|---|---|---|---|---|");
        await OfTrainAsync(rounds, seconds);
        await OfSiloAsync(rounds, seconds);
        Console.WriteLine();
    }

    private static async Task OfTrainAsync(int rounds, int seconds)
    {
        using var folder = new TempFolder();
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        using var train = Role.Start(
            ["train", "--silos", "3", "--output", "json", "--page", port, "--out", folder["run"], .. _settings.Append("steps=1000000").SelectMany(s => new[] { "--set", s })]);
        await train.WaitAsync(Role.IsStep);
        await using var browser = await Browser.StartAsync();
        await browser.GoAsync(new Uri($"http://127.0.0.1:{port}/"));
        var lags = await LagsAsync(browser, train, seconds);
        List<double> kills = [];
        for (var round = 1; round <= rounds; round++)
        {
            await ShownAsync(browser, "joined", round - 1);
            var silo = ProcessTree.Of(train.Process).First(id => File.ReadAllText($"/proc/{id}/cmdline").Split('\0').Contains("worker"));
            kills.Add(await KillAsync(browser, "died", () => System.Diagnostics.Process.GetProcessById(silo).Kill()));
        }

        Tell("`train`", lags, kills, browser);
        train.Signal(Role.SigInt);
        await train.ExitAsync();
    }

    private static async Task OfSiloAsync(int rounds, int seconds)
    {
        using var cluster = await Cluster.StartWithPagesAsync(servers: 1, silos: 3, _settings);
        using var watch = cluster.Watch();
        await watch.WaitAsync(Role.IsStep);
        await using var browser = await Browser.StartAsync();
        await browser.GoAsync(new Uri(cluster.PageOf(cluster.Silos[^1]), "#job=measured"));
        var lags = await LagsAsync(browser, watch, seconds);
        List<double> kills = [];
        for (var round = 1; round <= rounds; round++)
        {
            // It is not the one that serves the page; what it had goes on elsewhere.
            var silo = cluster.Silos[0];
            cluster.Silos.RemoveAt(0);
            kills.Add(await KillAsync(browser, "moved", () => silo.Signal(Role.SigKill)));
            // The next one has its share of the ranks before it is the oldest.
            var joined = Role.Now;
            cluster.Silos.Insert(cluster.Silos.Count - 1, await cluster.StartSiloAsync());
            await watch.WaitAsync(e => Role.IsLog(e, " moves to silo "), after: joined);
        }

        Tell("a silo", lags, kills, browser);
    }

    /// <summary>Seconds from each step's closing to a frame that shows it or a later one.</summary>
    private static async Task<IReadOnlyList<double>> LagsAsync(Browser browser, Role watch, int seconds)
    {
        // Who comes later is told all steps at once.
        await Waiting.UntilAsync(() => NewestAsync(browser), shown => shown >= NewestOf(watch) - 50, "the page to have caught up");
        var from = Role.Now;
        List<(TimeSpan At, long Step)> frames = [];
        while (Role.Now - from < TimeSpan.FromSeconds(seconds))
        {
            var step = await NewestAsync(browser);
            if (frames.Count == 0 || step > frames[^1].Step)
                frames.Add((Role.Now, step));
        }

        var last = frames[^1].Step;
        var closed = watch.Steps.Select(s => (s.At, Step: s.Event.GetProperty("step").GetInt64())).Where(s => s.At > from && s.Step <= last).ToList();
        return [.. closed.Select(step => (frames.First(frame => frame.Step >= step.Step).At - step.At).TotalSeconds)];
    }

    /// <summary>Seconds from the kill to a frame in which the lane has one more.</summary>
    private static async Task<double> KillAsync(Browser browser, string lane, Action kill)
    {
        var before = await CountAsync(browser, lane);
        var clock = Stopwatch.StartNew();
        kill();
        await ShownAsync(browser, lane, before + 1);
        return clock.Elapsed.TotalSeconds;
    }

    private static Task ShownAsync(Browser browser, string lane, long count) =>
        Waiting.UntilAsync(() => CountAsync(browser, lane), found => found >= count, $"{count} of {lane} on the fault line");

    private static async Task<long> CountAsync(Browser browser, string lane) =>
        Number(Regex.Match(await InFrameAsync(browser, "[aria-label='What happened'] .legend"), $@"{lane} (?<number>[\d,]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)));

    private static async Task<long> NewestAsync(Browser browser) => Number(NewestStep().Match(await InFrameAsync(browser, ".chip")));

    private static long NewestOf(Role watch) => watch.Steps[^1].Event.GetProperty("step").GetInt64();

    private static long Number(Match match) => match.Success ? long.Parse(match.Groups["number"].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) : 0;

    /// <summary>What an element says when the next frame is drawn.</summary>
    private static Task<string> InFrameAsync(Browser browser, string selector) => browser.Page.EvaluateFunctionAsync<string>(
        "selector => new Promise(done => requestAnimationFrame(() => done(document.querySelector(selector)?.textContent ?? '')))", selector);

    private static void Tell(string page, IReadOnlyList<double> lags, List<double> kills, Browser browser)
    {
        if (browser.Complaints.Count > 0)
            throw new InvalidOperationException($"the page complains: {browser.Complaints[0]}");
        PageBenchmark.Say($"| {page} | {lags.Count} | {PageBenchmark.Median(lags):F2} | {lags.Max():F2} | {PageBenchmark.Each(kills)} | {kills.Max():F2} |");
    }

    [GeneratedRegex(@"^running, step (?<number>[\d,]+) of", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NewestStep();
}
