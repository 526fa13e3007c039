using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistTrain.Page.Files;

namespace DistTrain.Page.Tests.Files;

[Trait("Kind", "Fast")]
public partial class ReportFileTests
{
    private const string Hostile = "</script><script>alert(1)</script><!-- <b>&\u2028";

    private static readonly Lazy<string> _report = new(() => Encoding.UTF8.GetString(ReportFile.Of(
        SampleRun.Document(SampleRun.Page(Hostile, SampleRun.Events(300), jobFile: Hostile)) with { Title = Hostile })));

    [Fact]
    public void It_is_one_file_that_asks_for_nothing()
    {
        Assert.DoesNotMatch(@"<(script|link|img|iframe)[^>]*\s(src|href)=(?!""data:)", _report.Value.Replace(PageFile.Text(PageFile.Charts), "", StringComparison.Ordinal));
        Assert.Contains("default-src 'none'", _report.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("'unsafe-eval'", _report.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_policy_allows_its_own_scripts_by_their_digests_and_no_other()
    {
        var scripts = Scripts().Matches(_report.Value).Select(m => m.Groups["text"].Value).ToList();
        Assert.Equal(2, scripts.Count);
        var allowed = _report.Value.Split("script-src ")[1].Split('"')[0].Split(' ');
        Assert.Equal(scripts.Select(text => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'"), allowed);
    }

    [Fact]
    public void Texts_of_jobs_are_data_and_come_back_as_they_were()
    {
        Assert.DoesNotContain("<script>alert", _report.Value, StringComparison.Ordinal);
        var run = Data(_report.Value).GetProperty("runs")[0];
        Assert.Equal((Hostile, Hostile), (run.GetProperty("name").GetString(), run.GetProperty("jobFile").GetString()));
    }

    [Fact]
    public void The_data_that_it_carries_are_the_runs()
    {
        var page = SampleRun.Page("first", SampleRun.Events(5_000));
        var steps = Data(Encoding.UTF8.GetString(ReportFile.Of(SampleRun.Document(page)))).GetProperty("runs")[0].GetProperty("series").GetProperty("steps");
        Assert.Equal(page.Series.Steps.Loss, steps.GetProperty("loss").EnumerateArray().Select(e => e.GetDouble()));
        Assert.Equal(page.Series.Steps.Step, steps.GetProperty("step").EnumerateArray().Select(e => e.GetInt64()));
    }

    [Fact]
    public void A_run_of_a_million_steps_fits_into_six_megabytes()
    {
        var report = ReportFile.Of(SampleRun.Document(SampleRun.Page("long", SampleRun.Events(1_000_000))));
        Assert.InRange(report.Length, 1_500_000, 6_000_000);
    }

    /// <summary>They stand one behind the other in the report: what two of them named alike would be one thing there.</summary>
    [Fact]
    public void No_two_modules_name_anything_alike()
    {
        var names = PageFile.Modules.SelectMany(module => TopLevel().Matches(PageFile.Text(module)).SelectMany(m => Names().Matches(m.Groups["names"].Value).Select(n => n.Value)));
        Assert.Empty(names.CountBy(name => name).Where(name => name.Value > 1).Select(name => name.Key));
    }

    [Fact]
    public void A_module_stands_behind_those_that_it_imports()
    {
        for (var i = 0; i < PageFile.Modules.Count; i++)
            Assert.All(Imported().Matches(PageFile.Text(PageFile.Modules[i])), m => Assert.Contains(m.Groups["file"].Value, PageFile.Modules.Take(i)));
        Assert.DoesNotContain("import ", ReportFile.Script(), StringComparison.Ordinal);
        Assert.Empty(typeof(PageFile).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".js", StringComparison.Ordinal)).Except([.. PageFile.Modules, PageFile.Charts]));
    }

    private static JsonElement Data(string report) =>
        JsonDocument.Parse(report.Split($"<script type=\"application/json\" id=\"{ReportFile.DataId}\">")[1].Split("</script>")[0]).RootElement;

    [GeneratedRegex(@"<script>(?<text>.*?)</script>", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Scripts();

    [GeneratedRegex(@"^(?:export )?(?:const|let|function|class) (?<names>\[.*?\]|\{.*?\}|\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TopLevel();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Names();

    [GeneratedRegex(@"^import .* from '\./(?<file>[\w.]+)';$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Imported();
}
