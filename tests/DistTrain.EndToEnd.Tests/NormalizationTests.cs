using DistTrain.Optimization.Parameters;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Statistics over the batches of several ranks: the job file alone decides the bits of these too.</summary>
[Trait("Kind", "Process")]
public class NormalizationTests(StandingClusters clusters)
{
    public static TheoryData<string[]> Scopes => new()
    {
        // The last step of an epoch has 4 examples, so that its second micro-batch is empty for some ranks.
        { ["batchNorm.scope=global", "batch=64", "microBatch=9", "dataset.trainExamples=324"] },
        { ["batchNorm.scope=\"group:2\"", "batchNorm.evaluation=recompute", "batch=64", "epochs=3"] },
        { ["batchNorm={scope: \"ghost:5\", evaluation: last}", "dataset.normalize=feature", "batch=64"] },
        { ["batchNorm.scope=global", "averaging={name: swap, trainAccuracy: 0.05, batch: 32, epochs: 1, lr: 0.01}", "dataset.normalize=channel", "precision=bfloat16", "batch=64"] },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task Four_ranks_give_the_same_weights_on_one_two_and_three_silos(string[] settings)
    {
        using var folder = new RunFolder();
        settings = ["dataset.trainExamples=320", "dataset.testExamples=50", "workers=4", "epochs=2", "optimizer.lr=0.02", LargeBatchTests.Model, .. settings];
        var shas = new HashSet<string>();
        foreach (var (silos, servers) in new[] { (1, 1), (2, 2), (3, 1) })
            shas.Add((await clusters.RunAsync(folder, $"{silos}x{servers}", silos, servers, settings)).WeightsSha256);
        Assert.Single(shas);
    }

    /// <summary>What evaluation needs is in the saved model.</summary>
    [Fact]
    public async Task Inputs_are_normalized_by_what_was_saved_with_the_weights()
    {
        using var folder = new RunFolder();
        var run = await clusters.RunAsync(
            folder, "run", silos: 1, servers: 1, ["dataset.trainExamples=320", "dataset.testExamples=100", "dataset.normalize=channel", "model.name=mlp", "epochs=2"]);
        using var model = SafeTensorsReader.Open(Path.Combine(folder["run"], "model.safetensors"));
        var vector = new float[model.Layout()!.Length];
        model.Fill(model.Layout()!, vector);
        var inputs = model.Layout()!.Segments.Single(s => s.Kind == SegmentKind.Features);
        Assert.InRange(vector[inputs.Offset], 0.05, 0.95);
        Assert.InRange(vector[inputs.Offset + 1], 0.01, 0.3);

        var evaluated = await DistTrainProcess.RunAsync("eval", folder["run"], "--output", "json");
        Assert.Equal(run.Completed.GetProperty("testAccuracy").GetDouble(), evaluated.Events[^1].GetProperty("testAccuracy").GetDouble(), 1e-12);
    }
}
