using System.Text.Json.Nodes;

namespace DistTrain.EndToEnd.Tests;

/// <summary>What a job measures of the landscape under way: no bit of the weights depends on it, and it depends on neither silos nor servers nor kills.</summary>
[Trait("Kind", "Process")]
public class UpdateProbeTests(StandingClusters clusters)
{
    private const int Steps = 40;

    /// <summary>Two buckets, buffers, statistics over both ranks, shares that are not equal.</summary>
    private static readonly string[] _settings =
    [
        "dataset.trainExamples=650", "dataset.testExamples=50", "workers=2", "batch=65", $"steps={Steps}", "optimizer.lr=0.05", "checkpoint.everySteps=5",
        "model={name: custom, layers: [flatten, linear: 400, norm: batch, relu, linear: 10]}", "batchNorm.scope=global",
    ];

    [Fact]
    public async Task Smoothness_along_each_steps_gradient_is_the_same_through_kills_and_the_weights_are_those_without_it()
    {
        using var folder = new RunFolder();
        string[] probed = [.. _settings, "probe={everySteps: 1, what: smoothness}"];
        var plain = await clusters.RunAsync(folder, "plain", silos: 1, servers: 1, _settings);
        var undisturbed = await clusters.RunAsync(folder, "undisturbed", silos: 1, servers: 1, probed);
        Assert.Equal(plain.WeightsSha256, undisturbed.WeightsSha256);
        var lines = History.Of(folder["undisturbed"]);
        List<JsonObject> looks = [.. lines.Select(line => JsonNode.Parse(line)!.AsObject()).Where(json => (string?)json["event"] == "probe")];
        Assert.Equal(Enumerable.Range(1, Steps), looks.Select(look => (int)look["step"]!));
        Assert.All(looks, look => Assert.Equal((65, 9), ((int)look["examples"]!, (int)look["passes"]!)));
        Assert.All(looks, look => Assert.InRange((double)look["betaSmoothness"]!, (double)look["gradientChangeHigh"]! / (4 * 0.05 * (double)look["gradientNorm"]!) * 0.999999, 1e3));
        // It is of the step that made the version: the loss before it is the step's own, and so is the gradient.
        foreach (var (look, step) in looks.Zip(lines.Select(line => JsonNode.Parse(line)!.AsObject()).Where(json => (string?)json["event"] == "step")))
        {
            Assert.Equal((double)step["loss"]!, (double)look["loss"]!, 1e-5);
            Assert.Equal((double)step["gradientNorm"]!, (double)look["gradientNorm"]!, 1e-4 * (double)look["gradientNorm"]!);
        }

        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "disturbed", silos: 2, servers: 2, probed));
        foreach (var (step, role, index) in new[] { (8, "worker", 0), (16, "server", 0), (24, "server", 1), (30, "worker", 1) })
        {
            await train.StepAsync(step);
            train.KillChild(role, index);
        }

        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(plain.WeightsSha256, train.Events[^1].GetProperty("weightsSha256").GetString());
        Assert.Equal(lines, History.Of(folder["disturbed"]));
    }
}
