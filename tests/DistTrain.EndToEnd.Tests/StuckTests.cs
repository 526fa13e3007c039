using DistTrain.Optimization.Parameters;

namespace DistTrain.EndToEnd.Tests;

/// <summary>
/// Jobs that are really stuck: a tanh net from all-zero weights, and a deep one from a tenth of its usual weights. Both learn how frequent the classes are
/// and nothing else, however long they go on; what leads out is found at a checkpoint, and a job starts from there.
/// </summary>
[Trait("Kind", "Process")]
public class StuckTests
{
    private const int Features = 784;

    private const int Classes = 10;

    private const int Steps = 60;

    [Fact]
    public async Task It_is_a_saddle_and_a_job_from_the_way_out_ends_lower_than_one_that_goes_on()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, silos: 1);
        await using var _ = cluster;
        await Task.WhenAll(new[] { 1, 2, 3 }.SelectMany(seed => new[]
        {
            LeaveAsync($"mlp-{seed}", seed, scale: 0, hidden: [12]),
            LeaveAsync($"deep-{seed}", seed, scale: 0.1f, hidden: [16, 16, 16]),
        }));
        await cluster.StopAsync();

        async Task LeaveAsync(string id, int seed, float scale, int[] hidden)
        {
            var start = Write(folder[$"{id}.safetensors"], seed, scale, hidden);
            // Plain gradient descent over all examples: no noise finds a way out.
            var examples = 100 + (20 * seed);
            string[] job =
            [
                "evaluation.everyEpochs=0", $"seed={seed}", $"dataset={{name: digits, trainExamples: {examples}, testExamples: 10}}", $"batch={examples}",
                $"model={{name: custom, layers: [flatten, {string.Join(", ", hidden.Select(width => $"linear: {width}, tanh"))}, linear: {Classes}]}}",
                "optimizer={name: momentum, lr: 0.3, momentum: 0}", $"steps={Steps}",
            ];
            await TrainAsync(id, [.. job, "optimizer.lr=1", $"from.checkpoint={start}"]);
            var escaped = folder[$"{id}-escaped.safetensors"];
            var diagnosed = await DistTrainProcess.RunAsync(
                "diagnose", folder[$"jobs/{id}"], "--directions", "0", "--examples", "all", "--escape", escaped, "--output", "json");
            Assert.True(diagnosed.ExitCode == 0, diagnosed.Error);
            Assert.Equal((id, "saddle"), (id, diagnosed.Events[^1].GetProperty("verdict").GetString()));
            var without = await TrainAsync($"{id}-on", [.. job, $"from.checkpoint={folder[$"jobs/{id}"]}"]);
            var with = await TrainAsync($"{id}-escaped", [.. job, $"from.checkpoint={escaped}"]);
            var loss = diagnosed.Events[^1].GetProperty("loss").GetDouble();
            Assert.True(without > 0.99 * loss, $"{id}: {without} after {loss}: it was not stuck");
            Assert.True(with < 0.9 * without, $"{id}: {with} is not lower than {without}");
        }

        async Task<double> TrainAsync(string id, string[] settings)
        {
            var job = folder[$"{id}.yaml"];
            await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
            var finished = await DistTrainProcess.RunAsync(["submit", job, "--endpoint", silos[0].Endpoint, "--id", id, "--watch", "--output", "json", .. Training.Set(settings)]);
            Assert.True(finished.ExitCode == 0, finished.Error);
            return finished.Events.Last(DistTrainProcess.IsStep).GetProperty("loss").GetDouble();
        }
    }

    /// <summary>The weights that a job of the seed would begin with, scaled, and no biases: named as the job's, so that it may start from them.</summary>
    private static string Write(string file, long seed, float scale, int[] hidden)
    {
        int[] widths = [Features, .. hidden, Classes];
        var layout = ParameterLayout.Of(Enumerable.Range(1, widths.Length - 1).SelectMany(layer => new[]
        {
            new Segment($"fc{layer}.weight", SegmentKind.Weight, [widths[layer], widths[layer - 1]], Offset: 0, Initialization.FanIn(widths[layer - 1])),
            new Segment($"fc{layer}.bias", SegmentKind.Bias, [widths[layer]], Offset: 0, Initialization.Zero),
        }));
        var vector = new float[layout.Length];
        VersionZero.Fill(layout, seed, offset: 0, vector);
        using var stream = File.Create(file);
        SafeTensorsWriter.Write(stream, layout, [.. vector.Select(weight => scale * weight)], new Dictionary<string, string>());
        return file;
    }
}
