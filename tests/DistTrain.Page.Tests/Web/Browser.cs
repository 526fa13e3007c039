using DistTrain.Page.Data;
using DistTrain.Page.Files;
using PuppeteerSharp;

namespace DistTrain.Page.Tests.Web;

/// <summary>A browser without a window, and a report that it shows. Where there is none the test is skipped.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] _places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly TempFolder _folder = new();
    private readonly IBrowser _browser;
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];

    private Browser(IBrowser browser, IPage page)
    {
        (_browser, Page) = (browser, page);
        page.Console += (_, said) =>
        {
            if (said.Message.Type is ConsoleType.Error or ConsoleType.Warning)
                _complaints.Add(said.Message.Text);
        };
        page.PageError += (_, error) => _complaints.Add(error.Message);
        page.Request += (_, request) => _requests.Add(request.Request.Url);
    }

    public IPage Page { get; }

    /// <summary>What the page's scripts have thrown, or the browser had to say of them.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>What the page has asked for, itself included.</summary>
    public IReadOnlyList<string> Requests => _requests;

    /// <summary>Starts one, and waits until it has drawn the report.</summary>
    public static async Task<Browser> OpenAsync(PageDocument document, int width = 1280, string address = "")
    {
        var opened = await StartAsync(width);
        await File.WriteAllBytesAsync(opened._folder[ReportFile.Name], ReportFile.Of(document));
        await opened.GoAsync($"file://{opened._folder[ReportFile.Name]}{address}");
        return opened;
    }

    /// <summary>The same with a page that is served, also by who shows a certificate of an authority of its own.</summary>
    public static async Task<Browser> OpenAsync(Uri address, int width = 1280)
    {
        var opened = await StartAsync(width);
        await opened.GoAsync(address.ToString());
        return opened;
    }

    /// <summary>Texts of the elements that a selector finds.</summary>
    public Task<string[]> TextsAsync(string selector) =>
        Page.EvaluateFunctionAsync<string[]>("selector => [...document.querySelectorAll(selector)].map(element => element.textContent)", selector);

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<Browser> StartAsync(int width)
    {
        var program = _places.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "there is no chromium");
        var browser = await Puppeteer.LaunchAsync(new LaunchOptions { ExecutablePath = program, Headless = true, AcceptInsecureCerts = true, Args = ["--no-sandbox", "--disable-gpu"] }).For("a browser");
        var opened = new Browser(browser, await browser.NewPageAsync());
        await opened.Page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 900 });
        return opened;
    }

    private async Task GoAsync(string address)
    {
        await Page.GoToAsync(address, WaitUntilNavigation.DOMContentLoaded).For("the page");
        await Page.WaitForSelectorAsync("html[data-ready]").For("its plots", () => string.Join('\n', Complaints));
    }
}
