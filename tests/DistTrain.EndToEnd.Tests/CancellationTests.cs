using System.Diagnostics;
using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

[Trait("Kind", "Process")]
public class CancellationTests
{
    private const int SigInt = 2;
    private const int SigKill = 9;
    private const int SigTerm = 15;

    /// <summary>A terminal, systemd, SLURM and <c>timeout</c> signal all processes of a run, the last of them its first process twice.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_ends_all_processes_and_leaves_a_readable_run_folder(bool wholeGroup)
    {
        using var folder = new RunFolder();
        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "run", 2, 1, Training.Short("model.name=mlp", "steps=100000")));
        await train.EventAsync(e => e.GetProperty("event").GetString() == "step" && e.GetProperty("step").GetInt64() >= 5, TimeSpan.FromMinutes(1));
        var watch = Stopwatch.StartNew();
        if (wholeGroup)
            train.SignalAll(SigTerm);
        train.Signal(wholeGroup ? SigTerm : SigInt);
        Assert.Equal(130, await train.ExitAsync(TimeSpan.FromSeconds(10)));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), watch.Elapsed.ToString());
        Assert.Empty(folder.Processes());
        Assert.DoesNotContain("unexpectedly", train.Error, StringComparison.Ordinal);
        Assert.Equal("cancelled", train.Events[^1].GetProperty("event").GetString());

        var steps = (await File.ReadAllLinesAsync(Path.Combine(folder["run"], "metrics.jsonl")))
            .Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.GetProperty("event").GetString() == "step")
            .Select(e => e.GetProperty("step").GetInt64())
            .ToList();
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(s => (long)s), steps);
        var eval = await DistTrainProcess.RunAsync("eval", folder["run"], "--output", "json");
        Assert.Equal(0, eval.ExitCode);
        Assert.Equal(steps.Count, eval.Events[^1].GetProperty("step").GetInt64());
    }

    [Fact]
    public async Task Children_end_when_their_parent_is_killed()
    {
        using var folder = new RunFolder();
        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "run", 1, 1, Training.Short("model.name=softmax", "steps=100000")));
        await train.EventAsync(e => e.GetProperty("event").GetString() == "step", TimeSpan.FromMinutes(1));
        train.Signal(SigKill);
        await train.ExitAsync(TimeSpan.FromSeconds(5));
        await Waiting.UntilAsync(() => folder.Processes().Count == 0, "the end of its children", () => string.Join('\n', folder.Processes()), TimeSpan.FromSeconds(15));
    }
}
