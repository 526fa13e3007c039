using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistTrain.EndToEnd.Tests;

/// <summary>One example of a table is so large that its step is not finite: what becomes of the job is said, and the same on any silos and servers.</summary>
[Trait("Kind", "Process")]
public class NumericsTests(StandingClusters clusters)
{
    /// <summary>Steps of an epoch, one of which has the example.</summary>
    private const int StepsInEpoch = 6;

    private static readonly string[] _settings =
    [
        "dataset.name=csv", "model={name: custom, layers: [linear: 12, norm: batch, relu, linear: 3]}", "batchNorm.scope=global", "evaluation.everyEpochs=0",
        "workers=2", "batch=8", "microBatch=2", "epochs=2", "optimizer={name: adam, lr: 0.01}",
    ];

    /// <summary>BatchNorm divides the example away and is left with statistics that are not finite; without it the next step overflows.</summary>
    [Theory]
    [InlineData("numerics.policy=stop", @"^rank \d, step [0-5]: .*the moments of norm1\.statistics are not finite\. The largest feature of the data is ")]
    [InlineData("model.layers=[linear: 12, relu, linear: 3]", @"^rank \d, step [1-6]: the gradient of fc1\.weight, .*fc2\.bias is not finite\. The largest feature of the data is ")]
    public async Task Stop_names_rank_step_and_tensor(string setting, string error)
    {
        using var folder = new RunFolder();
        var run = await clusters.RunAsync(folder, "stop", silos: 1, servers: 1, Settings(folder, setting, "optimizer={name: momentum, lr: 0.1}"));
        Assert.Equal(1, run.ExitCode);
        Assert.Matches(error, run.Events[^1].GetProperty("error").GetString());
    }

    [Fact]
    public async Task Skip_step_passes_over_one_step_of_each_epoch_with_the_same_bits_anywhere()
    {
        using var folder = new RunFolder();
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, Settings(folder, "numerics.policy=skip-step"));
        var second = await clusters.RunAsync(folder, "b", silos: 2, servers: 2, Settings(folder, "numerics.policy=skip-step"));
        Assert.Equal(first.WeightsSha256, second.WeightsSha256);
        Assert.Equal(2 * StepsInEpoch, first.Completed.GetProperty("steps").GetInt32());
        Assert.All(new[] { first, second }, run => Assert.Equal(2, run.Completed.GetProperty("skippedSteps").GetInt32()));
        Assert.Equal(History.Of(folder["a"]), History.Of(folder["b"]));
        Assert.Equal(2, Steps(first).Count(s => s.TryGetProperty("skipped", out _)));
        Assert.Contains(first.Events, e => e.GetProperty("event").GetString() == "log" && e.GetProperty("text").GetString()!.Contains("makes no update: rank", StringComparison.Ordinal));
        Assert.True(double.IsFinite(first.Completed.GetProperty("testLoss").GetDouble()));
        // Its examples were taken, once.
        await Verified.CleanAsync(folder["b"], first.WeightsSha256);
    }

    [Fact]
    public async Task Rollback_goes_back_to_a_checkpoint_with_the_same_bits_anywhere()
    {
        using var folder = new RunFolder();
        string[] settings = ["numerics.policy=rollback", "checkpoint.everySteps=2"];
        var first = await clusters.RunAsync(folder, "a", silos: 1, servers: 1, Settings(folder, settings));
        var second = await clusters.RunAsync(folder, "b", silos: 2, servers: 2, Settings(folder, settings));
        Assert.Equal(first.WeightsSha256, second.WeightsSha256);
        Assert.Equal(History.Of(folder["a"]), History.Of(folder["b"]));
        var skipped = History.Of(folder["a"]).Select(line => (string?)JsonNode.Parse(line)!["skipped"]).Where(reason => reason is not null).ToList();
        Assert.Equal(skipped.Count, first.Completed.GetProperty("skippedSteps").GetInt32());
        Assert.Equal(2, skipped.Distinct().Count());
        Assert.Equal(2, first.Completed.GetProperty("recoveries").GetInt32());
        await Verified.CleanAsync(folder["b"], first.WeightsSha256);
    }

    [Fact]
    public async Task Gradients_that_are_computed_twice_are_the_same_on_another_silo_and_change_no_bit()
    {
        using var folder = new RunFolder();
        string[] settings =
        [
            LargeBatchTests.Model, "workers=4", "batch=32", "steps=12", "microBatch=4", "batchNorm.scope=group:2", "dataset.trainExamples=400", "dataset.testExamples=50",
        ];
        var without = await clusters.RunAsync(folder, "without", silos: 1, servers: 1, settings);
        var with = await clusters.RunAsync(folder, "with", silos: 2, servers: 2, [.. settings, "numerics.replayCheck=3"]);
        Assert.Equal(without.WeightsSha256, with.WeightsSha256);
        Assert.Equal(4, with.Completed.GetProperty("replayChecks").GetInt32());
        var said = Steps(with).Where(s => s.TryGetProperty("replayCheck", out _)).ToDictionary(s => s.GetProperty("step").GetInt32(), s => s.GetProperty("replayCheck").GetString()!);
        Assert.Equal([3, 6, 9, 12], said.Keys.Order());
        Assert.All(said.OrderBy(s => s.Key).Index(), s => Assert.Matches($"^rank {s.Index} by rank . on another silo$", s.Item.Value));
    }

    private static string[] Settings(RunFolder folder, params string[] more)
    {
        if (!Directory.Exists(folder["data"]))
            WriteTable(folder["data"]);
        return [.. _settings, $"dataset.path={folder["data"]}", .. more];
    }

    /// <summary>Three classes around three points; the training set has an example whose sums overflow.</summary>
    private static void WriteTable(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, rows) in new[] { ("train.csv", 8 * StepsInEpoch), ("test.csv", 12) })
        {
            var lines = Enumerable.Range(0, rows).Select(row =>
            {
                var features = Enumerable.Range(0, 4).Select(f => (row % 3 == f ? 1 : 0) + (((row * 7) + (f * 3)) % 10 * 0.05));
                var values = name == "train.csv" && row == 17 ? Enumerable.Repeat(3e38, 4) : features;
                return string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))},{row % 3}");
            });
            File.WriteAllLines(Path.Combine(folder, name), lines);
        }
    }

    private static IEnumerable<JsonElement> Steps(Finished run) => run.Events.Where(e => e.GetProperty("event").GetString() == "step");
}
