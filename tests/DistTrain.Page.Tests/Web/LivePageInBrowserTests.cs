using DistTrain.Page.Serving;

namespace DistTrain.Page.Tests.Web;

/// <summary>The page as somebody sees it who watches a run.</summary>
[Trait("Kind", "Process")]
public class LivePageInBrowserTests
{
    /// <summary>The part of the x axis that each plot shows.</summary>
    private const string Windows = """
        [...document.querySelectorAll('.chart')].map(place => echarts.getInstanceByDom(place)).filter(chart => chart)
            .map(chart => chart.getOption().xAxis[0]).map(axis => `${axis.min} to ${axis.max}`)
        """;

    [Fact]
    public async Task Steps_come_while_one_looks_zoom_stays_and_the_end_is_said()
    {
        var store = new PageStore("sample", "1.0.0", TimeProvider.System);
        var run = new LiveRun("live", "job-1", "kind: TrainingJob\n", new Dictionary<string, string> { ["spec.batch"] = "128" });
        store.Begin(run);
        var host = await PageHost.StartAsync(store, 0, TimeProvider.System, CancellationToken.None);
        await using var browser = await Opened.PageAsync(new Uri(host.Address, "#from=10&to=40"));
        Assert.Contains("This run has no step yet: there is nothing to draw.", await browser.TextsAsync("p"));

        run.Stand(new Page.Data.RunProgress("running", 2_500, null));
        foreach (var part in SampleRun.Events(2_400).Chunk(600))
        {
            foreach (var next in part)
                run.Add(next);
            store.Tell();
            var seen = $"running, step {part.Max(e => e.StepNumber):N0} of 2,500";
            await Waiting.UntilAsync(() => browser.TextsAsync(".chip"), chips => chips.Contains(seen), seen);
            // What one looks at stays, in every plot.
            await Waiting.UntilAsync(
                () => browser.Page.EvaluateExpressionAsync<string[]>(Windows), windows => windows.Length > 0 && windows.All(shown => shown == "10 to 40"), "the zoom in every plot");
        }

        // What came in parts is what the run has: as many rows, the bucketed ones in place of the single ones.
        await browser.Page.ClickAsync("[aria-label='zoom'] button:last-child");
        await browser.Page.ClickAsync("[aria-label='Loss: numbers as a table']");
        var rows = run.Whole().Series.Steps.Step.Count;
        await Waiting.UntilAsync(() => browser.TextsAsync("[aria-label='Loss'] p button"), texts => texts.Contains($"200 of {rows} rows; show more"), $"{rows} rows");

        store.End(SampleRun.Page("live", SampleRun.Events(2_400)));
        await Waiting.UntilAsync(() => browser.TextsAsync(".chip"), chips => chips.Contains("unbroken"), "the run as its files have it");
        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests, request => Assert.StartsWith(host.Address.ToString(), request, StringComparison.Ordinal));

        await host.DisposeAsync();
        await Waiting.UntilAsync(() => browser.TextsAsync(".lost"), texts => texts.Length == 1, "a word on the server's end");
    }
}
