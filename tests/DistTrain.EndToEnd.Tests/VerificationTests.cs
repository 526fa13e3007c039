using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

/// <summary><c>disttrain verify</c> on what real processes have left.</summary>
[Trait("Kind", "Process")]
public class VerificationTests(StandingClusters clusters)
{
    private static readonly string[] _settings = ["dataset.trainExamples=330", "dataset.testExamples=50", "workers=3", "batch=64", "optimizer.lr=0.02", LargeBatchTests.Model];

    /// <summary>330 examples in steps of 64: the sixth step of an epoch has 10 for three ranks.</summary>
    [Fact]
    public async Task A_run_is_clean_until_a_line_of_its_history_is_altered()
    {
        using var folder = new RunFolder();
        var run = await clusters.RunAsync(folder, "run", silos: 2, servers: 2, [.. _settings, "epochs=2"]);
        var verified = await Verified.CleanAsync(folder["run"], run.WeightsSha256);
        Verified.Counts(verified, steps: 12, examples: 660);
        Assert.Equal(run.Completed.GetProperty("job").GetString(), verified.GetProperty("job").GetString());
        Assert.Equal(2, verified.GetProperty("epochs").GetDouble());

        var history = Path.Combine(folder["run"], "metrics.jsonl");
        var lines = await File.ReadAllLinesAsync(history);
        var line = Array.FindIndex(lines, l => l.StartsWith("{\"event\":\"step\",\"step\":6,", StringComparison.Ordinal));
        var digests = Digests(lines[line]);
        lines[line] = lines[line].Replace(string.Join("\",\"", digests), string.Join("\",\"", digests[1], digests[0], digests[2]), StringComparison.Ordinal);
        await File.WriteAllLinesAsync(history, lines);

        var altered = await DistTrainProcess.RunAsync("verify", folder["run"], "--output", "json");
        Assert.Equal(1, altered.ExitCode);
        var problems = altered.Events[^1].GetProperty("problems").EnumerateArray().Select(p => p.GetString()!).ToList();
        Assert.Equal(2, problems.Count);
        foreach (var rank in new[] { 0, 1 })
        {
            Assert.StartsWith(
                $"step 6, rank {rank}: the digest of its examples is {digests[1 - rank]}, that of rank {1 - rank}; expected {digests[rank]}", problems[rank], StringComparison.Ordinal);
        }

        Assert.Contains("error: step 6, rank 0", altered.Error, StringComparison.Ordinal);
    }

    /// <summary>Of the inputs first, before the evaluation after the first epoch, and at the end, which is within the second.</summary>
    [Fact]
    public async Task Steps_that_take_statistics_are_in_the_ledger()
    {
        using var folder = new RunFolder();
        string[] settings = ["steps=8", "batchNorm.evaluation=recompute", "dataset.normalize=feature", "evaluation.everyEpochs=1"];
        var run = await clusters.RunAsync(folder, "run", silos: 2, servers: 2, [.. _settings, .. settings]);
        Verified.Counts(await Verified.CleanAsync(folder["run"], run.WeightsSha256), steps: 11, examples: (3 * 330) + 330 + 128);
    }

    private static string[] Digests(string line) =>
        [.. JsonDocument.Parse(line).RootElement.GetProperty("ledger").GetProperty("digests").EnumerateArray().Select(d => d.GetString()!)];
}
