using DistTrain.Page.Data;

namespace DistTrain.Page.Tests.Web;

/// <summary>The report as somebody sees it who opens it.</summary>
[Trait("Kind", "Process")]
public class ReportInBrowserTests
{
    private const string Hostile = "<img src=x onerror=document.title='taken'>";

    [Fact]
    public async Task A_run_is_drawn_with_its_numbers_and_its_faults_and_nothing_is_asked_for()
    {
        await using var browser = await Opened.ReportAsync(SampleRun.Document(SampleRun.Page(Hostile, SampleRun.Events(300), jobFile: Hostile)));
        Assert.Equal(Hostile, Assert.Single(await browser.TextsAsync("h1")));
        Assert.Contains("unbroken", await browser.TextsAsync(".chip"));
        var titles = await browser.TextsAsync("h2");
        Assert.All((string[])["Loss", "Accuracy", "Learning rate", "Gradient norm", "Examples per second", "What happened"], title => Assert.Contains(title, titles));
        // What is out of view is drawn frame by frame.
        await Waiting.UntilAsync(() => browser.Page.EvaluateExpressionAsync<int>("document.querySelectorAll('.chart canvas').length"), drawn => drawn >= titles.Length - 6, "all plots");
        Assert.Contains("redone 13", (await browser.TextsAsync("[aria-label='What happened'] .legend"))[0], StringComparison.Ordinal);

        // Every plot has its numbers: those of the first step, with all digits, in a table.
        await browser.Page.ClickAsync("[aria-label='Loss: numbers as a table']");
        await browser.Page.WaitForSelectorAsync("[aria-label='Loss'] tbody tr").For("the table");
        Assert.Equal("1", (await browser.TextsAsync("[aria-label='Loss'] tbody td"))[0]);

        // The verdict with what it rests on, and a stem for each node of the spectrum.
        Assert.Contains("saddle", await browser.TextsAsync("[aria-label='Landscape at step 300'] .chip"));
        Assert.Contains("-2.5 to 31.5; zero within ± 0.1", await browser.TextsAsync("[aria-label='Landscape at step 300'] dd"));
        Assert.Equal(3, (await browser.TextsAsync("[aria-label='Landscape at step 300'] .node")).Length);

        // Losses along a line, and over a plane; where a step's time went, with who is slow.
        Assert.Equal(11, (await browser.TextsAsync("[aria-label='Line through the weights of step 300'] tbody tr")).Length);
        Assert.Equal(121, (await browser.TextsAsync("[aria-label='Plane through the weights of step 300'] rect title")).Length);
        Assert.Equal(2, (await browser.TextsAsync("[aria-label='Where a step’s time goes'] .rank")).Length);
        Assert.Contains("Rank 0 is slow: others wait.", await browser.TextsAsync("[aria-label='Where a step’s time goes'] .note"));

        Assert.Equal(Hostile, await browser.Page.GetTitleAsync());
        Assert.Empty(browser.Complaints);
        Assert.Single(browser.Requests);
    }

    [Fact]
    public async Task Zoom_axis_and_scale_are_in_the_address_and_come_back_from_it()
    {
        await using var browser = await Opened.ReportAsync(SampleRun.Document(SampleRun.Page("first", SampleRun.Events(300))), hash: "#x=epoch&from=0.1&to=0.3&log=loss");
        Assert.Equal("true", await browser.Page.EvaluateExpressionAsync<string>("[...document.querySelectorAll('.segments button')].find(b => b.textContent === 'Epoch').ariaPressed"));
        await browser.Page.FocusAsync("[aria-label^='Loss. ']");
        await browser.Page.Keyboard.PressAsync("+");
        Assert.Contains("from=0.15&to=0.25", await browser.Page.EvaluateExpressionAsync<string>("location.hash"), StringComparison.Ordinal);
        await browser.Page.Keyboard.PressAsync("0");
        Assert.DoesNotContain("from", await browser.Page.EvaluateExpressionAsync<string>("location.hash"), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task Runs_are_compared_by_what_differs_and_seeds_are_one_group()
    {
        await using var browser = await Opened.ReportAsync(SampleRun.Document(
            SampleRun.Page("slow-1", SampleRun.Events(300, 1), seed: "1", rate: "0.01"),
            SampleRun.Page("slow-2", SampleRun.Events(300, 2), seed: "2", rate: "0.01"),
            SampleRun.Page("fast-1", SampleRun.Events(300, 3), seed: "1", rate: "0.5", ledger: LedgerFindings.IsBroken)));
        Assert.Equal(["optimizer.lr", "seed"], (await browser.TextsAsync("[aria-label='Runs'] th")).Where(name => name is "optimizer.lr" or "seed" or "batch"));
        Assert.Equal(["optimizer.lr 0.01", "optimizer.lr 0.5"], (await browser.TextsAsync("[aria-label='Groups'] tbody td:first-child")));
        Assert.Contains("broken", await browser.TextsAsync("[aria-label='Runs'] td"));
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData(1280, "light", 1)]
    [InlineData(400, "dark", 1)]
    [InlineData(1280, "dark", 3)]
    [InlineData(400, "light", 3)]
    public async Task It_fits_its_window_and_everybody_can_use_it(int width, string scheme, int runs)
    {
        // Two seeds of a rate and one of another: a run, or runs that are compared.
        var pages = Enumerable.Range(1, runs).Select(run => SampleRun.Page($"run-{run}", SampleRun.Events(300, run), seed: $"{run}", rate: run < 3 ? "0.01" : "0.5"));
        await using var browser = await Opened.ReportAsync(SampleRun.Document([.. pages]), width);
        await browser.Page.EmulateMediaFeaturesAsync([new PuppeteerSharp.MediaFeatureValue { MediaFeature = PuppeteerSharp.MediaFeature.PrefersColorScheme, Value = scheme }]);
        await browser.Page.WaitForSelectorAsync($"html[data-theme={scheme}]").For("the theme");
        Assert.True(await browser.Page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth") <= width, "the page is wider than its window");
        var violations = await Accessibility.ViolationsAsync(browser.Page);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Fact]
    public async Task A_run_without_a_step_says_so()
    {
        await using var browser = await Opened.ReportAsync(SampleRun.Document(SampleRun.Page("empty", [])));
        Assert.Contains("This run has no step yet: there is nothing to draw.", await browser.TextsAsync("p"));
        Assert.Empty(browser.Complaints);
    }
}
