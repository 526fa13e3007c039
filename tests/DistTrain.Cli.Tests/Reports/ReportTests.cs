using System.Text.Json;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Reports;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class ReportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_run_gets_its_report_into_its_folder()
    {
        var run = WrittenRun.Write(_folder["first"], WrittenRun.History());
        var (code, output, error) = await Contexts.RunAsync("report", run);
        Assert.Equal((ExitCode.Done, 0), (code, error.Length));
        Assert.Matches(@"first/report\.html: 1 run, \d\.\d MB", Assert.Single(output));
        Assert.Equal("first", Assert.Single(Runs(Path.Combine(run, "report.html"))).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_folder_of_runs_gives_all_of_them_in_order_and_those_of_one_name_are_told_apart()
    {
        foreach (var run in (string[])["study/b", "study/a", "other/a"])
            WrittenRun.Write(_folder[run], WrittenRun.History());
        Directory.CreateDirectory(_folder["study/empty"]);
        var (code, output, _) = await Contexts.RunAsync("report", _folder["study"], _folder["other/a"], "--out", _folder["both.html"], "--output", "json");
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("\"event\":\"reported\"", output[0], StringComparison.Ordinal);
        Assert.Equal(["study/a", "b", "other/a"], Runs(_folder["both.html"]).Select(run => run.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task What_is_no_run_is_named_all_at_once_and_nothing_is_written()
    {
        Directory.CreateDirectory(_folder["empty"]);
        var (code, _, error) = await Contexts.RunAsync("report", _folder["empty"], _folder["not there"], "--out", _folder["report.html"]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal(
            [$"error: {_folder["empty"]} is no run's folder: it has no job.yaml, and no folder in it has one", $"error: {_folder["not there"]} is no run's folder: it has no job.yaml, and no folder in it has one"],
            error);
        Assert.False(File.Exists(_folder["report.html"]));
    }

    [Fact]
    public async Task Runs_of_different_models_are_shown_with_a_word_of_warning()
    {
        WrittenRun.Write(_folder["runs/one"], WrittenRun.History("model.name=cnn"));
        WrittenRun.Write(_folder["runs/two"], WrittenRun.History("model.name=mlp"));
        Assert.Equal(ExitCode.Done, (await Contexts.RunAsync("report", _folder["runs"])).Code);
        var note = Page(_folder["runs/report.html"]).GetProperty("notes")[0].GetString();
        Assert.StartsWith("These runs train different models (model.name: cnn, mlp", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_is_what_it_is_without_its_report()
    {
        var error = new StringWriter();
        Report.Leave(_folder["not there"], error, TimeProvider.System);
        Assert.StartsWith($"no report.html in {_folder["not there"]}: ", error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<JsonElement> Runs(string report) => Page(report).GetProperty("runs").EnumerateArray();

    private static JsonElement Page(string report) =>
        JsonDocument.Parse(File.ReadAllText(report).Split("<script type=\"application/json\" id=\"data\">")[1].Split("</script>")[0]).RootElement;
}
