using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using DistTrain.Page.Data;

namespace DistTrain.Page.Files;

/// <summary>
/// The page with its data as one file, which opens from a disk, without a network. It is the served page: its modules stand one behind the other, and its policy allows
/// these scripts by their digests, no other and no connection.
/// </summary>
public static partial class ReportFile
{
    /// <summary>Name of the file in a run's or study's folder.</summary>
    public const string Name = "report.html";

    /// <summary>Id of the element that has the data.</summary>
    public const string DataId = "data";

    /// <summary>What licence the charts have: it is wanted wherever they go.</summary>
    private const string Notice =
        "<!-- The charts are drawn by Apache ECharts 6.0.0, Copyright The Apache Software Foundation, Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0), "
        + "with zrender and parts of d3 (BSD 3-Clause), from the package Vizor.ECharts (Apache License 2.0, DataHint BV). -->";

    /// <summary>The report as UTF-8.</summary>
    public static byte[] Of(PageDocument page)
    {
        var charts = PageFile.Text(PageFile.Charts);
        var script = Script();
        var html = PageFile.Text(PageFile.Document)
            .Replace("<title>DistTrain</title>", $"<title>{HtmlEncoder.Default.Encode(page.Title)}</title>\n{Policy(charts, script)}\n{Notice}", StringComparison.Ordinal)
            .Replace("<link rel=\"stylesheet\" href=\"page.css\">", $"<style>\n{PageFile.Text(PageFile.Style)}</style>", StringComparison.Ordinal);
        var parts = html.Split("<!-- scripts -->");
        var text = new StringBuilder(charts.Length + (1 << 20));
        text.Append(parts[0]);
        text.Append("<script type=\"application/json\" id=\"").Append(DataId).Append("\">").Append(Encoding.UTF8.GetString(page.ToJson())).Append("</script>\n");
        text.Append("<script>").Append(charts).Append("</script>\n<script>").Append(script).Append("</script>\n");
        // Behind the second mark the scripts of the served page end.
        return Encoding.UTF8.GetBytes(text.Append(parts[2].TrimStart()).ToString());
    }

    /// <summary>The modules as one script: what they import from each other is there already.</summary>
    internal static string Script()
    {
        var text = new StringBuilder("(() => {\n'use strict';\n");
        foreach (var module in PageFile.Modules)
            text.Append(Export().Replace(Import().Replace(PageFile.Text(module), ""), ""));
        return text.Append("})();\n").ToString();
    }

    private static string Policy(params IEnumerable<string> scripts) =>
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'; script-src "
        + string.Join(' ', scripts.Select(script => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'")) + "\">";

    [GeneratedRegex(@"^import .*;\n", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Import();

    [GeneratedRegex(@"^export ", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Export();
}
