using System.Text.Json.Nodes;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Processes of a run are killed: they are started again, and the run ends as if nothing had happened.</summary>
public class RecoveryTests
{
    private const int Steps = 160;

    private static readonly string[] _settings =
    [
        LargeBatchTests.Model, "workers=4", "batch=32", $"steps={Steps}", "batchNorm.scope=global", "optimizer.name=lamb", "optimizer.lr=0.002",
        "checkpoint.everySteps=15", "dataset.trainExamples=400", "dataset.testExamples=50", "evaluation.everyEpochs=2",
    ];

    [Fact]
    public async Task Both_servers_and_a_silo_killed_one_after_the_other_change_neither_weights_nor_history()
    {
        using var folder = new RunFolder();
        var undisturbed = await Training.RunAsync(folder, "undisturbed", silos: 2, servers: 2, _settings);

        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "disturbed", silos: 2, servers: 2, _settings));
        foreach (var (step, role, index) in new[] { (30, "server", 0), (70, "worker", 0), (110, "server", 1) })
        {
            await train.EventAsync(
                e => e.GetProperty("event").GetString() == "step" && e.GetProperty("step").GetInt64() >= step, TimeSpan.FromMinutes(1));
            train.KillChild(role, index);
        }

        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(undisturbed.WeightsSha256, train.Events[^1].GetProperty("weightsSha256").GetString());
        Assert.Equal(
            Enumerable.Range(1, Steps),
            train.Events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("step").GetInt32()));
        Assert.Equal(History(folder["undisturbed"]), History(folder["disturbed"]));
        foreach (var run in new[] { "undisturbed", "disturbed" })
            await VerificationTests.AssertCleanAsync(folder[run], undisturbed.WeightsSha256);
        Assert.Equal(3, train.Error.Split("starting it again").Length - 1);
    }

    /// <summary>The lines of the history without what is measured and which generation it was.</summary>
    private static List<string> History(string run) =>
        [.. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(line =>
        {
            var json = JsonNode.Parse(line)!.AsObject();
            json.Remove("milliseconds");
            json.Remove("computeMilliseconds");
            json["ledger"]?.AsObject().Remove("generation");
            return json.ToJsonString();
        })];
}
