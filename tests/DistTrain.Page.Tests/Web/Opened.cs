using DistTrain.Page.Data;
using DistTrain.Page.Files;
using DistTrain.Tests.Browsers;

namespace DistTrain.Page.Tests.Web;

/// <summary>The page in a browser; where there is none the test is skipped.</summary>
internal static class Opened
{
    /// <summary>A report, from a file.</summary>
    public static async Task<Browser> ReportAsync(PageDocument document, int width = 1280, string hash = "")
    {
        var browser = await StartAsync(width);
        await browser.GoAsync(ReportFile.Of(document), hash);
        return browser;
    }

    /// <summary>A page that is served.</summary>
    public static async Task<Browser> PageAsync(Uri address, int width = 1280)
    {
        var browser = await StartAsync(width);
        await browser.GoAsync(address);
        return browser;
    }

    private static Task<Browser> StartAsync(int width)
    {
        Assert.SkipWhen(Browser.Program is null, "there is no chromium");
        return Browser.StartAsync(width);
    }
}
