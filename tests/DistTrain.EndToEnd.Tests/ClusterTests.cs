using System.Text.Json;
using DistTrain.Optimization.Parameters;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A standing cluster, used through gRPC clients only.</summary>
[Trait("Kind", "Process")]
public class ClusterTests(StandingClusters clusters)
{
    [Fact]
    public async Task Jobs_are_submitted_queued_watched_listed_cancelled_and_downloaded()
    {
        using var folder = new RunFolder();
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"]);
        await using var first = DistTrainProcess.Start("worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync());
        var endpoint = await first.EndpointAsync();
        await using var second = DistTrainProcess.Start("worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync());
        var other = await second.EndpointAsync();

        // One after the other through different silos, more ranks than slots: both must run, in order.
        var long1 = await SubmitAsync(folder, endpoint, "first", Training.Short("workers=4", "steps=100000", "model.name=softmax"));
        var short1 = await SubmitAsync(folder, other, "second", Training.Short("workers=4", "steps=5", "model.name=softmax"));
        Assert.Equal(0, (await DistTrainProcess.RunAsync("cancel", long1, "--endpoint", other, "--output", "json")).ExitCode);
        var watched = await DistTrainProcess.RunAsync("watch", short1, "--endpoint", endpoint, "--output", "json");
        Assert.Equal("completed", watched.Events[^1].GetProperty("event").GetString());
        Assert.Equal([1, 2, 3, 4, 5], Steps(watched));

        // Watching again from the middle gives the rest, from the files by now.
        Assert.Equal([4, 5], Steps(await DistTrainProcess.RunAsync("watch", short1, "--from-step", "4", "--endpoint", other, "--output", "json")));

        var list = await DistTrainProcess.RunAsync("list", "--endpoint", other, "--output", "json");
        Assert.Contains(long1, list.Output, StringComparison.Ordinal);
        Assert.Contains("cancelled", list.Output, StringComparison.OrdinalIgnoreCase);

        Assert.Equal(0, (await DistTrainProcess.RunAsync("download", short1, "--endpoint", endpoint, "--out", folder["got"], "--output", "json")).ExitCode);
        using var model = SafeTensorsReader.Open(Path.Combine(folder["got"], "model.safetensors"));
        var vector = new float[model.Layout()!.Length];
        model.Fill(model.Layout()!, vector);
        Assert.Equal(watched.WeightsSha256, WeightsHash.Compute(model.Layout()!, vector));
        Assert.True(File.Exists(Path.Combine(folder["got"], "events.out.tfevents.disttrain")));

        Assert.Equal(2, (await DistTrainProcess.RunAsync("watch", "no-such-job", "--endpoint", endpoint)).ExitCode);
        foreach (var process in new[] { first, second, server })
        {
            process.Signal(15);
            Assert.Equal(0, await process.ExitAsync(TimeSpan.FromSeconds(20)));
        }
    }

    /// <summary>
    /// Jobs of three kinds on one cluster, in each of which one of two silos is killed: none is special. All steps are there once, and the weights are those
    /// without the kill.
    /// </summary>
    [Fact]
    public async Task A_killed_silo_takes_no_step_along_its_ranks_go_on_elsewhere_and_the_weights_are_the_same()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, silos: 2);
        await using var ending = cluster;
        await KilledAsync(
            "together",
            ["model.name=mlp", "workers=4", "steps=250", "batch=64", "dataset.trainExamples=1000", "dataset.testExamples=100"],
            step => step.GetProperty("step").GetInt64() >= 20,
            steps: 250);
        // Each rank has a replica of its own by then: those of the lost ranks are on the server, ahead or behind.
        await KilledAsync(
            "refining",
            [
                LargeBatchTests.Model, "workers=4", "epochs=3", "batch=80", "optimizer.lr=0.02", "dataset.trainExamples=400", "dataset.testExamples=50",
                "averaging={name: swap, trainAccuracy: 0.05, batch: 4, epochs: 3, lr: 0.002}",
            ],
            // 5 steps together; then a step over all ranks' replicas has 4 examples of each.
            step => step.GetProperty("examples").GetInt32() == 16,
            steps: 5 + 300);
        // The others wait for the lost ones in the middle of a pass; those come back and get the answers they had.
        await KilledAsync(
            "moments",
            [LargeBatchTests.Model, "workers=4", "steps=150", "batch=32", "batchNorm.scope=global", "dataset.trainExamples=400", "dataset.testExamples=50"],
            step => step.GetProperty("step").GetInt64() >= 20,
            steps: 150);
        await cluster.StopAsync();

        async Task KilledAsync(string id, string[] settings, Func<JsonElement, bool> when, int steps)
        {
            var undisturbed = await clusters.RunAsync(folder, $"{id}-undisturbed", silos: 1, servers: 1, settings);
            var (killed, survivor) = (silos[0], silos[1]);
            await SubmitAsync(folder, survivor.Endpoint, id, settings);
            await using var watch = DistTrainProcess.Start("watch", id, "--endpoint", survivor.Endpoint, "--output", "json");
            await watch.EventAsync(e => DistTrainProcess.IsStep(e) && when(e), TimeSpan.FromMinutes(1));
            await killed.Process.KillAsync();
            Assert.Equal(0, await watch.ExitAsync(TimeSpan.FromMinutes(2)));

            Assert.Equal(Enumerable.Range(1, steps), watch.Steps().Select(step => step.GetProperty("step").GetInt32()));
            Assert.True(watch.Events[^1].GetProperty("recoveries").GetInt32() > 0);
            Assert.Equal(undisturbed.WeightsSha256, watch.Events[^1].GetProperty("weightsSha256").GetString());
            // The next job has two silos again, of which the older one is killed.
            silos = [survivor, await cluster.JoinAgainAsync(killed)];
        }
    }

    private static async Task<string> SubmitAsync(RunFolder folder, string endpoint, string name, params string[] settings)
    {
        var job = folder[$"{name}.yaml"];
        await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
        var arguments = new List<string> { "submit", job, "--endpoint", endpoint, "--output", "json", "--id", name };
        arguments.AddRange(Training.Set(settings));
        var submitted = await DistTrainProcess.RunAsync([.. arguments]);
        Assert.True(submitted.ExitCode == 0, submitted.Error);
        return submitted.Events[0].GetProperty("job").GetString()!;
    }

    private static IEnumerable<int> Steps(Finished watched) =>
        watched.Events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("step").GetInt32());
}
