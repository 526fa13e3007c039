using PuppeteerSharp;

namespace DistTrain.Tests.Browsers;

/// <summary>A browser without a window, with one page.</summary>
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

    /// <summary>Where this machine has one; null: nowhere.</summary>
    public static string? Program => _places.FirstOrDefault(File.Exists);

    public IPage Page { get; }

    /// <summary>What the page's scripts have thrown, or the browser had to say of them.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>What the page has asked for, itself included.</summary>
    public IReadOnlyList<string> Requests => _requests;

    /// <summary>Starts one, which takes certificates of any authority.</summary>
    /// <param name="width">Of its window, in pixels.</param>
    public static async Task<Browser> StartAsync(int width = 1280)
    {
        var browser = await Puppeteer.LaunchAsync(new LaunchOptions { ExecutablePath = Program, Headless = true, AcceptInsecureCerts = true, Args = ["--no-sandbox", "--disable-gpu"] }).For("a browser");
        var opened = new Browser(browser, await browser.NewPageAsync());
        await opened.Page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 900 });
        return opened;
    }

    /// <summary>Opens a page of ours, and waits until it has drawn.</summary>
    public async Task GoAsync(Uri address)
    {
        await Page.GoToAsync(address.ToString(), WaitUntilNavigation.DOMContentLoaded).For("the page");
        await Page.WaitForSelectorAsync("html[data-ready]").For("its plots", () => string.Join('\n', Complaints));
    }

    /// <summary>The same with a file of its own.</summary>
    /// <param name="html">What is in it.</param>
    /// <param name="hash">Where in it.</param>
    public async Task GoAsync(byte[] html, string hash = "")
    {
        await File.WriteAllBytesAsync(_folder["page.html"], html);
        await GoAsync(new Uri($"file://{_folder["page.html"]}{hash}"));
    }

    /// <summary>Texts of the elements that a selector finds.</summary>
    public Task<string[]> TextsAsync(string selector) =>
        Page.EvaluateFunctionAsync<string[]>("selector => [...document.querySelectorAll(selector)].map(element => element.textContent)", selector);

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _folder.Dispose();
    }
}
