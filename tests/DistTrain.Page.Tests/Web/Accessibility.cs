using System.Text.Json;
using Deque.AxeCore.Commons;
using PuppeteerSharp;

namespace DistTrain.Page.Tests.Web;

/// <summary>axe-core over a page that is open.</summary>
internal static class Accessibility
{
    /// <summary>What is serious or critical, a line each: rule, what it means, where.</summary>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(IPage page)
    {
        // The page's policy allows its own scripts alone; the debugger's protocol is not the page.
        await page.EvaluateExpressionAsync(new BundledAxeScriptProvider().GetScript());
        var found = await page.EvaluateExpressionAsync<string>("axe.run().then(result => JSON.stringify(result.violations))");
        return
        [
            .. JsonDocument.Parse(found).RootElement.EnumerateArray()
                .Where(rule => rule.GetProperty("impact").GetString() is "serious" or "critical")
                .Select(rule => $"{rule.GetProperty("id")}: {rule.GetProperty("help")}: {string.Join(", ", rule.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("target").ToString()))}"),
        ];
    }
}
