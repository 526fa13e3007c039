using System.Text.Json;
using DistTrain.Cli.Reports;
using DistTrain.Page.Data;
using DistTrain.Protocol;

namespace DistTrain.Cli.Tests.Reports;

[Trait("Kind", "Fast")]
public sealed class RunReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Every_figure_is_the_one_that_its_line_of_the_history_has()
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        var run = RunReader.Read(path);
        List<JsonElement> lines = [.. File.ReadLines(Path.Combine(path, MetricsLine.FileName)).Select(line => JsonDocument.Parse(line).RootElement)];
        var steps = lines.Where(line => line.GetProperty("event").GetString() == "step").ToList();
        void Same(string key, IEnumerable<double> found) => Assert.Equal(steps.Select(line => line.GetProperty(key).GetDouble()), found);
        Same("step", run.Series.Steps.Step.Select(s => (double)s));
        Same("epoch", run.Series.Steps.Epoch);
        Same("loss", run.Series.Steps.Loss);
        Same("accuracy", run.Series.Steps.Accuracy!.Select(a => a!.Value));
        Same("learningRate", run.Series.Steps.LearningRate);
        Same("examples", run.Series.Steps.Examples.Select(s => (double)s));
        Same("milliseconds", run.Series.Steps.Milliseconds);
        Same("gradientNorm", run.Series.Steps.GradientNorm!.Select(n => n!.Value));
        Assert.Equal((0.25, 0.875), (run.Series.Evaluations.Single().Loss, run.Series.Evaluations.Single().Accuracy));
        Assert.Equal(("run", "completed", LedgerFindings.Unbroken, 200), (run.Name, run.State, run.Ledger.Verdict, run.Ledger.Examples));
        Assert.Equal("10", run.Keys["spec.batch"]);
        Assert.Empty(run.Notes);
    }

    [Fact]
    public void A_history_that_was_altered_is_broken_where_it_was()
    {
        var history = WrittenRun.History();
        history.Events[6].Ledger.Digests[1]++;
        var run = RunReader.Read(WrittenRun.Write(_folder["run"], history));
        Assert.Equal((LedgerFindings.IsBroken, 7), (run.Ledger.Verdict, Assert.Single(run.Ledger.Broken)));
        Assert.StartsWith("step 7, rank 1", Assert.Single(run.Ledger.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void What_diagnose_found_is_there_by_step_without_paths_and_what_is_no_such_file_is_said()
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        Assert.Null(RunReader.Read(path).Landscape);
        foreach (var step in (int[])[20, 9])
        {
            File.WriteAllText(
                Path.Combine(path, $"diagnosis-step-{step}.json"),
                $$"""{"format":1,"checkpoint":"/home/somebody/run","file":"/home/somebody/run/d.json","step":{{step}},"parameters":3,"isComplete":true,"verdict":"saddle","spectrum":[{"value":-1,"residual":0,"weight":0.25},{"value":2,"residual":0,"weight":0.75}],"directions":[]}""");
        }

        File.WriteAllText(Path.Combine(path, "diagnosis-step-11.json"), "{");
        var run = RunReader.Read(path);
        Assert.Equal([9, 20], run.Landscape!.Select(found => found["step"]!.GetValue<int>()));
        Assert.Equal(0.75, run.Landscape![0]["spectrum"]![1]!["weight"]!.GetValue<double>());
        Assert.DoesNotContain("somebody", run.Landscape![0].ToJsonString(), StringComparison.Ordinal);
        Assert.StartsWith("run/diagnosis-step-11.json: this is no diagnosis' file of results", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_slice_is_there_with_its_losses_and_without_paths_and_one_that_is_too_large_is_said()
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        File.WriteAllText(
            Path.Combine(path, "slice-step-20-between.json"),
            """{"format":1,"checkpoint":"/home/somebody/run","step":20,"to":"/home/somebody/other/","file":"/home/somebody/s.json","data":"train","examples":9,"losses":[{"alpha":0,"loss":1.5,"accuracy":0.5},{"alpha":1,"loss":"NaN","accuracy":0}]}""");
        File.WriteAllText(Path.Combine(path, "slice-plane.json"), $$"""{"format":1,"losses":[{{string.Join(',', Enumerable.Repeat("{}", 10_202))}}]}""");
        var run = RunReader.Read(path);
        var slice = Assert.Single(run.Slices!);
        Assert.Equal(("other", 1.5, "NaN"), (slice["to"]!.GetValue<string>(), slice["losses"]![0]!["loss"]!.GetValue<double>(), slice["losses"]![1]!["loss"]!.GetValue<string>()));
        Assert.DoesNotContain("somebody", slice.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("run/slice-plane.json: 10,202 losses are more than a page shows (10,201); the file has them", Assert.Single(run.Notes));
    }

    [Fact]
    public void A_long_history_is_read_once_and_anew_when_it_or_its_job_has_changed()
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        var first = RunReader.Read(path, longFrom: 0);
        var index = Path.Combine(path, HistoryIndex.Name);
        Assert.Contains("0.25", File.ReadAllText(index), StringComparison.Ordinal);
        // What it says is taken, and comes to the same page.
        File.WriteAllText(index, File.ReadAllText(index).Replace("\"notes\":[]", "\"notes\":[\"from the index\"]", StringComparison.Ordinal));
        var second = RunReader.Read(path, longFrom: 0);
        Assert.Equal("from the index", Assert.Single(second.Notes));
        Assert.Equal(Json(first), Json(second with { Notes = [] }));
        // Of another program's, of other files, or damaged, it is none.
        Assert.Empty(RunReader.Read(path, buckets: 64, longFrom: 0).Notes);
        File.WriteAllText(index, "{\"of\":7}");
        Assert.Empty(RunReader.Read(path, longFrom: 0).Notes);
        File.AppendAllText(Path.Combine(path, MetricsLine.FileName), "{\"ev");
        Assert.Equal("run/metrics.jsonl:22: the last line is cut off, what it told is lost", Assert.Single(RunReader.Read(path, longFrom: 0).Notes));

        static string Json(RunPage run) => System.Text.Encoding.UTF8.GetString(new PageDocument("", "", DateTimeOffset.UnixEpoch, [run], []).ToJson());
    }

    [Fact]
    public void A_run_that_was_cut_off_in_the_middle_of_a_line_has_what_is_before_it()
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        var file = Path.Combine(path, MetricsLine.FileName);
        var lines = File.ReadAllLines(file);
        File.WriteAllText(file, string.Join('\n', lines.Take(9)) + "\n" + lines[9][..40]);
        var run = RunReader.Read(path);
        Assert.Equal(9, run.Series.Steps.Step.Count);
        Assert.Equal("run/metrics.jsonl:10: the last line is cut off, what it told is lost", Assert.Single(run.Notes));
        Assert.Equal(LedgerFindings.Short, run.Ledger.Verdict);

        File.WriteAllLines(file, [.. lines[..4], lines[4][..40], .. lines[5..]]);
        Assert.Equal(LedgerFindings.IsBroken, RunReader.Read(path).Ledger.Verdict);
    }

    [Fact]
    public void A_run_that_ends_early_is_right_so_far()
    {
        var history = WrittenRun.History();
        history.Events.RemoveRange(12, history.Events.Count - 12);
        var run = RunReader.Read(WrittenRun.Write(_folder["run"], history));
        Assert.Equal((LedgerFindings.Short, "unfinished"), (run.Ledger.Verdict, run.State));
    }

    [Fact]
    public void A_run_without_a_history_is_empty_and_says_why()
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        File.Delete(Path.Combine(path, MetricsLine.FileName));
        var run = RunReader.Read(path);
        Assert.Empty(run.Series.Steps.Step);
        Assert.Equal("There is no metrics.jsonl: nothing was trained in this folder yet.", Assert.Single(run.Notes));
    }

    [Theory]
    [InlineData("completed", "completed")]
    [InlineData("failed: rank 1 is no number: NaN", "failed")]
    [InlineData(null, "running")]
    public void Its_state_is_what_its_command_said_last(string? end, string state)
    {
        var path = WrittenRun.Write(_folder["run"], WrittenRun.History());
        using (var log = RunLog.Open(path))
        {
            log.Add(new RunLogLine(DateTimeOffset.UnixEpoch, 0, RunLogKind.Ended, "cancelled"));
            log.Add(new RunLogLine(DateTimeOffset.UnixEpoch, 0, RunLogKind.Started, "again"));
            if (end is not null)
                log.Add(new RunLogLine(DateTimeOffset.UnixEpoch, 20, RunLogKind.Ended, end));
        }

        Assert.Equal(state, RunReader.Read(path).State);
    }

    public void Dispose() => _folder.Dispose();
}
