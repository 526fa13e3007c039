using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

[Trait("Kind", "Process")]
public class StudyTests
{
    private const string Text = """
        summary: two recipes on digits, and the curvature of a third
        silos: 1
        servers: 1
        base:
          dataset: {trainExamples: 300, testExamples: 100}
          model: {name: softmax}
          epochs: 1
        recipes:
          - name: slow
            spec: {optimizer: {lr: 0.01}}
            runs: [{batches: [30], seeds: [1]}]
          - name: wild
            spec: {optimizer: {lr: 1.0e+38}}
            runs: [{batches: [60], seeds: [1]}]
          - name: curved
            shows: landscape
            spec: {probe: {everySteps: 1, what: curvature, examples: 50, products: 5}}
            runs: [{batches: [100], seeds: [1]}]
        """;

    [Fact]
    public async Task A_study_runs_each_cell_once_and_goes_on_where_it_was_interrupted()
    {
        using var folder = new RunFolder();
        await File.WriteAllTextAsync(folder["digits.yaml"], Text);
        string[] line = ["study", folder["digits.yaml"], "--out", folder["out"], "--output", "json"];
        var results = Path.Combine(folder["out"], "results.jsonl");
        var table = Path.Combine(folder["out"], "table.md");

        var first = await DistTrainProcess.RunAsync(line);
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        Assert.Equal(["slow-30-s1 completed", "wild-60-s1 diverged", "curved-100-s1 completed"], first.Events.Select(e => $"{e.GetProperty("cell")} {e.GetProperty("state")}"));
        var slow = first.Events[0].GetProperty("weightsSha256").GetString();
        Assert.Equal(3, (await File.ReadAllLinesAsync(results)).Length);
        Assert.Matches(@"\n\| slow \| [0-9.]+, [0-9]+ s \|  \|\n\| wild \|  \| diverged \|\n\n", await File.ReadAllTextAsync(table));
        Assert.Matches(@"\n\| curved-100-s1 \| 1 \| .*\n\|  \| 2 \| .*\n\|  \| 3 \| .*\n$", await File.ReadAllTextAsync(table));
        var curved = (await File.ReadAllLinesAsync(results))[2];
        // Bits are those of a kind of processor.
        Assert.Matches("^disttrain .*, [0-9]+ cores$", JsonDocument.Parse(curved).RootElement.GetProperty("machine").GetString());
        Assert.True(File.Exists(Path.Combine(folder["out"], "slow-30-s1", "model.safetensors")));
        var (job, before) = (Path.Combine(folder["out"], "slow-30-s1", "job.yaml"), await File.ReadAllTextAsync(table));
        var written = File.GetLastWriteTimeUtc(job);

        // Nothing is left to do.
        var second = await DistTrainProcess.RunAsync(line);
        Assert.Equal(first.Output, second.Output);
        Assert.Equal(written, File.GetLastWriteTimeUtc(job));
        Assert.Equal(before, await File.ReadAllTextAsync(table));

        // One cell is: as after an interruption, with its half-written folder still there.
        var wild = (await File.ReadAllLinesAsync(results))[1];
        await File.WriteAllTextAsync(results, $"{wild}\n{curved}\n");
        var third = await DistTrainProcess.RunAsync(line);
        Assert.True(third.ExitCode == 0, third.Error);
        Assert.Equal(slow, third.Events[0].GetProperty("weightsSha256").GetString());
        Assert.NotEqual(written, File.GetLastWriteTimeUtc(job));
        Assert.Contains(wild, await File.ReadAllLinesAsync(results));
        Assert.Equal(slow, JsonDocument.Parse((await File.ReadAllLinesAsync(results)).Single(r => r != wild && r != curved)).RootElement.GetProperty("weightsSha256").GetString());
    }

    [Fact]
    public async Task An_interrupted_study_says_how_to_go_on_and_leaves_no_process()
    {
        using var folder = new RunFolder();
        await File.WriteAllTextAsync(folder["digits.yaml"], Text.Replace("epochs: 1", "epochs: 100000", StringComparison.Ordinal));
        await using var study = DistTrainProcess.Start("study", folder["digits.yaml"], "--out", folder["out"], "--output", "json");
        var metrics = Path.Combine(folder["out"], "slow-30-s1", "metrics.jsonl");
        await Waiting.UntilAsync(() => File.Exists(metrics), "the first run's history", () => study.Error);
        // Not SIGINT: a shell may have started the tests with that one ignored.
        study.Signal(15);

        Assert.Equal(130, await study.ExitAsync(TimeSpan.FromSeconds(15)));
        Assert.Contains("interrupted; the same command goes on where it stopped", study.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder["out"], "results.jsonl")));
    }

    [Fact]
    public async Task Recipes_are_listed_and_a_study_that_is_none_is_refused()
    {
        var recipes = await DistTrainProcess.RunAsync("recipes");
        Assert.Equal(0, recipes.ExitCode);
        Assert.Contains("goyal-1h\n", recipes.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await DistTrainProcess.RunAsync("recipes", "nope")).ExitCode);

        var study = await DistTrainProcess.RunAsync("study", "nope");
        Assert.Equal(2, study.ExitCode);
        Assert.Contains("'nope' is neither a study (", study.Error, StringComparison.Ordinal);
    }
}
