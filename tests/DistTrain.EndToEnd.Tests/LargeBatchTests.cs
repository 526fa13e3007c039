using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Rules that look at whole tensors, phases and batches that change: the job file alone decides the bits of these too.</summary>
[Trait("Kind", "Process")]
public class LargeBatchTests(StandingClusters clusters)
{
    /// <summary>Two buckets, so that two servers share a tensor; BatchNorm, so that averaged weights have their statistics taken anew.</summary>
    public const string Model = "model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, {norm: batch}, relu, {maxPool: 2}, flatten, {linear: 100}, relu, {linear: 10}]}";

    public static TheoryData<string> Optimizers =>
    [
        "optimizer={name: lars, lr: 5, weightDecay: 0.0005}",
        "optimizer={name: lamb, lr: 0.01, weightDecay: 0.01, clipNorm: 0.5}",
    ];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public async Task Norms_that_span_servers_give_the_same_weights_on_any_silos_and_servers(string optimizer)
    {
        using var folder = new RunFolder();
        await AssertSameAsync(folder, Small("epochs=2", "schedule={name: polynomial, warmupSteps: 3}", optimizer));
    }

    [Fact]
    public async Task Swap_gives_the_same_weights_on_any_silos_and_servers()
    {
        using var folder = new RunFolder();
        // A refining step takes more examples than a rank's share of the large batch, and the statistics' step more than either.
        var run = await AssertSameAsync(folder, Small("epochs=3", "averaging={name: swap, trainAccuracy: 0.05, batch: 32, epochs: 1, lr: 0.01}"));

        // 5 steps of 64 together; then 10 of 32 for each of three ranks, each in an order of its own; then statistics over all.
        Verified.Counts(await Verified.CleanAsync(folder["2x2"], run.WeightsSha256), steps: 16, examples: 320 + (3 * 320) + 320);
        Assert.Equal([.. Enumerable.Repeat(64, 5), .. Enumerable.Repeat(96, 10)], Examples(folder["1x1"]));
        Assert.Equal(15, run.Completed.GetProperty("steps").GetInt32());
        Assert.Equal([5, 16], Events(folder["1x1"], "evaluation").Select(e => e.GetProperty("step").GetInt32()));
        var rates = Events(folder["1x1"], "step").Skip(5).Select(e => e.GetProperty("learningRate").GetDouble());
        Assert.All(rates.Index(), rate => Assert.Equal(0.01 * (10 - rate.Index) / 10, rate.Item, 1e-12));
    }

    [Fact]
    public async Task Post_local_and_swa_give_the_same_weights_on_any_silos_and_servers()
    {
        using var folder = new RunFolder();
        foreach (var (name, averaging) in new[] { ("local", "{name: post-local, startEpoch: 1, everySteps: 2}"), ("swa", "{name: swa, startEpoch: 1, everyEpochs: 2}") })
        {
            var settings = Small("epochs=2", $"averaging={averaging}", "optimizer.name=lars");
            var one = await clusters.RunAsync(folder, $"{name}-1", silos: 1, servers: 1, settings);
            Assert.Equal(one.WeightsSha256, (await clusters.RunAsync(folder, $"{name}-2", silos: 2, servers: 2, settings)).WeightsSha256);
            await Verified.CleanAsync(folder[$"{name}-2"], one.WeightsSha256);
        }
    }

    [Fact]
    public async Task A_batch_grows_by_the_epoch_beyond_the_first_ones_buffers()
    {
        using var folder = new RunFolder();
        var settings = Small("epochs=3", "batch={growth: {from: 32, to: 100}}", "schedule={name: cosine}");
        var one = await clusters.RunAsync(folder, "1x1", silos: 1, servers: 1, settings);
        Assert.Equal(one.WeightsSha256, (await clusters.RunAsync(folder, "2x2", silos: 2, servers: 2, settings)).WeightsSha256);
        await Verified.CleanAsync(folder["2x2"], one.WeightsSha256);

        Assert.Equal([.. Enumerable.Repeat(32, 10), .. Enumerable.Repeat(64, 5), 100, 100, 100, 20], Examples(folder["1x1"]));
        Assert.Equal(19, one.Completed.GetProperty("steps").GetInt32());
        Assert.Equal(3, one.Completed.GetProperty("epochs").GetDouble());
    }

    [Fact]
    public async Task A_batch_that_follows_the_noise_is_the_same_on_any_silos_and_servers()
    {
        const int From = 24, To = 160, EverySteps = 3;
        using var folder = new RunFolder();
        var settings = Small("epochs=4", $"batch={{auto: {{from: {From}, to: {To}, everySteps: {EverySteps}, smoothing: 0.5}}}}");
        var one = await clusters.RunAsync(folder, "1x1", silos: 1, servers: 1, settings);
        Assert.Equal(one.WeightsSha256, (await clusters.RunAsync(folder, "2x2", silos: 2, servers: 2, settings)).WeightsSha256);
        await Verified.CleanAsync(folder["2x2"], one.WeightsSha256);

        Assert.Equal(Events(folder["1x1"], "step").Select(Figures), Events(folder["2x2"], "step").Select(Figures));
        var batch = From;
        var batches = new HashSet<int> { batch };
        foreach (var (step, taken) in Examples(folder["1x1"]).Index())
        {
            // What the last step of an epoch takes is the rest.
            var isRest = Math.Abs(Math.Round(EpochAfter(folder["1x1"], step)) - EpochAfter(folder["1x1"], step)) < 1e-9;
            if (isRest)
                continue;
            if (taken != batch && step >= EverySteps)
                Assert.InRange(taken, From, To);
            if (step < EverySteps)
                Assert.Equal(From, taken);
            batches.Add(batch = taken);
        }

        Assert.True(batches.Count > 1, $"the batch stayed at {From}");
    }

    private static string[] Small(params string[] more) =>
        ["dataset.trainExamples=320", "dataset.testExamples=50", "workers=3", "batch=64", "optimizer.lr=0.02", Model, .. more];

    /// <summary>The first of three runs, on other silos and servers each; their weights and losses are the same.</summary>
    private async Task<Finished> AssertSameAsync(RunFolder folder, string[] settings)
    {
        var first = await clusters.RunAsync(folder, "1x1", silos: 1, servers: 1, settings);
        foreach (var (silos, servers) in new[] { (2, 2), (3, 1) })
        {
            var other = await clusters.RunAsync(folder, $"{silos}x{servers}", silos, servers, settings);
            Assert.Equal(first.WeightsSha256, other.WeightsSha256);
            Assert.Equal(Events(folder["1x1"], "step").Select(Figures), Events(folder[$"{silos}x{servers}"], "step").Select(Figures));
        }

        return first;
    }

    private static (double, double, double, int) Figures(JsonElement step) => (
        step.GetProperty("loss").GetDouble(), step.GetProperty("accuracy").GetDouble(), step.GetProperty("learningRate").GetDouble(), step.GetProperty("examples").GetInt32());

    private static IReadOnlyList<int> Examples(string run) => [.. Events(run, "step").Select(e => e.GetProperty("examples").GetInt32())];

    private static double EpochAfter(string run, int step) => Events(run, "step")[step].GetProperty("epoch").GetDouble();

    private static IReadOnlyList<JsonElement> Events(string run, string kind) =>
    [
        .. File.ReadAllLines(Path.Combine(run, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).Where(e => e.GetProperty("event").GetString() == kind),
    ];
}
