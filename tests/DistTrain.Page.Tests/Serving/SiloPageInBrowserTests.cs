using DistTrain.Page.Tests.Clusters;
using DistTrain.Page.Tests.Web;
using DistTrain.Tests.Browsers;

namespace DistTrain.Page.Tests.Serving;

/// <summary>The page of a cluster as somebody sees it who has a token, and a browser.</summary>
[Trait("Kind", "Process")]
[Collection(GuardedClusterTests.Name)]
public sealed class SiloPageInBrowserTests(GuardedCluster guarded)
{
    [Fact]
    public async Task A_token_opens_ones_jobs_a_run_grows_and_when_its_silo_is_killed_the_page_goes_on_at_another()
    {
        await guarded.SubmitAsync("watched", GuardedCluster.Olga, "{steps: 1000000, model: {name: softmax}, workers: 3}");
        await guarded.SubmitAsync("hostile", GuardedCluster.Mallory, "{steps: 1000000, model: {name: softmax}, workers: 64}");
        var silos = guarded.Silos;
        var silo = silos[^1];
        await using var browser = await Opened.PageAsync(GuardedCluster.PageOf(silo), 400);
        await SignInAsync(browser, "guessed");
        await Waiting.UntilAsync(() => browser.TextsAsync("[role=alert]"), texts => texts.Contains("the token is not known"), "why it is refused");
        await SignInAsync(browser, GuardedCluster.Olga);

        // Who, why and where; what somebody else chose is text.
        await Waiting.UntilAsync(() => browser.TextsAsync("[aria-label='Job watched'] p"), texts => texts.Any(text => text.StartsWith("rank", StringComparison.Ordinal)), "where its ranks are");
        Assert.Contains("olga, operator", await browser.TextsAsync(".who"));
        Assert.Contains(await browser.TextsAsync("[aria-label='Job hostile'] p"), text => text.Contains($"by {GuardedCluster.Hostile}", StringComparison.Ordinal));
        Assert.Contains(await browser.TextsAsync("[aria-label='Job hostile'] .why"), text => text.Contains("its turn", StringComparison.Ordinal));
        Assert.Equal("Jobs", await browser.Page.GetTitleAsync());
        await UsableAsync(browser, 400);

        // Asked twice, it is cancelled.
        await browser.Page.ClickAsync("[aria-label='Job hostile'] button.small");
        await browser.Page.ClickAsync("[aria-label='Job hostile'] button.small");
        await Waiting.UntilAsync(() => browser.TextsAsync("[aria-label='Job hostile'] .chip"), texts => texts.Contains("cancelled"), "its end");

        await browser.Page.ClickAsync("[aria-label='Job watched'] h2 button");
        await StepAsync(browser, 20);
        await Waiting.UntilAsync(() => browser.TextsAsync("[aria-label='Where a step’s time goes'] .rank"), ranks => ranks.Length == 3, "where the time of three ranks goes");
        await UsableAsync(browser, 400);
        Assert.Equal("#job=watched", await browser.Page.EvaluateExpressionAsync<string>("location.hash"));
        // A refused token is a line of the browser's own.
        Assert.All(browser.Complaints, text => Assert.Contains("401", text, StringComparison.Ordinal));
        await browser.Page.EvaluateExpressionAsync("location.hash = '#job=watched&x=epoch&from=0.001&to=0.002'");
        await Waiting.UntilAsync(() => browser.TextsAsync(".segments [aria-pressed=true]"), texts => texts.Contains("Epoch"), "the view that the address says");

        await guarded.KillAsync(silo);
        await Waiting.UntilAsync(
            () => browser.Page.EvaluateExpressionAsync<string>("location.href"),
            address => guarded.Silos.Any(other => address == $"{GuardedCluster.PageOf(other)}#job=watched&x=epoch&from=0.001&to=0.002"),
            "another silo's page, with the same view",
            mayThrow: true);
        // Nobody is asked for the token again; ranks of the lost silo go on elsewhere, which the fault line has, and so do the steps.
        await browser.Page.WaitForSelectorAsync("html[data-ready]").For("the page there");
        await Waiting.UntilAsync(() => browser.TextsAsync("[aria-label='What happened'] .legend"), texts => texts.Any(text => text.Contains("moved", StringComparison.Ordinal)), "the ranks that moved", mayThrow: true);
        var before = await StepAsync(browser, 1);
        await StepAsync(browser, before + 5);
        Assert.All(browser.Requests, request => Assert.Contains(silos, one => request.StartsWith(GuardedCluster.PageOf(one).ToString(), StringComparison.Ordinal) || request.StartsWith("data:", StringComparison.Ordinal)));
        await guarded.CancelAsync("watched");
    }

    private static async Task SignInAsync(Browser browser, string token)
    {
        await browser.Page.TypeAsync("#token", token);
        await browser.Page.ClickAsync(".signin button");
    }

    /// <summary>Waits for a step, and returns the newest that is shown.</summary>
    private static async Task<long> StepAsync(Browser browser, long step)
    {
        var text = await Waiting.UntilAsync(
            () => browser.Page.EvaluateExpressionAsync<string>("document.querySelector('h1').innerText + ': ' + document.querySelector('.chips').innerText + document.querySelector('main').innerText.slice(0, 200)"),
            seen => Newest(seen) >= step,
            $"step {step}",
            mayThrow: true);
        return Newest(text);
    }

    /// <summary>Of "running, step 1,234 of 5,000".</summary>
    private static long Newest(string text) =>
        text.Split("running, step ") is [_, var rest] ? long.Parse(rest.Split(" of ")[0].Replace(",", "", StringComparison.Ordinal)) : 0;

    private static async Task UsableAsync(Browser browser, int width)
    {
        Assert.True(await browser.Page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth") <= width, "the page is wider than its window");
        var violations = await Accessibility.ViolationsAsync(browser.Page);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }
}
