using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A landscape probe as a job of a standing cluster: whatever computes it, the bits are those of one process.</summary>
[Trait("Kind", "Process")]
public class ClusterDiagnosisTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    /// <summary>Two buckets, buffers that are no direction, and ranks of unequal shares.</summary>
    private static readonly string[] _settings =
    [
        "dataset.trainExamples=130", "dataset.testExamples=20", "workers=3", "batch=50", "microBatch=16", "steps=3", "checkpoint.everySteps=2",
        "model={name: custom, layers: [flatten, linear: 400, norm: batch, tanh, linear: 10]}",
    ];

    private static readonly string[] _few = ["--steps", "9", "--directions", "2", "--direction-steps", "4"];

    private static readonly string[] _many = ["--steps", "60", "--top", "20", "--directions", "3", "--direction-steps", "30"];

    [Theory]
    [InlineData(1, 1, "float32")]
    [InlineData(3, 2, "float32")]
    [InlineData(2, 2, "float64")]
    public async Task Any_cluster_finds_the_bits_that_one_process_finds(int silos, int servers, string precision)
    {
        using var folder = new RunFolder();
        var (cluster, started) = await StandingCluster.StartAsync(folder, silos, servers);
        await using var _ = cluster;
        var trained = await TrainAsync(folder, started[0], "first");
        var found = await DiagnoseAsync("first", [.. _few, "--endpoint", started[^1].Endpoint, "--precision", precision, "--out", folder["found.json"]]);
        var alone = await DiagnoseAsync(folder["jobs/first"], [.. _few, "--precision", precision, "--out", folder["alone.json"]]);
        Assert.Equal(alone.GetProperty("sha256").GetString(), found.GetProperty("sha256").GetString());
        Assert.Equal(trained, found.GetProperty("weightsSha256").GetString());
        // All that is told is the same, but for where it was computed and how fast.
        string[] own = ["checkpoint", "seconds", "file", "job", "recoveries", "redoneProducts"];
        Assert.Equal(Properties(alone, own), Properties(found, own));
        await cluster.StopAsync();
    }

    /// <summary>A silo and each server while the ends of the spectrum are looked for, a server again among the random directions: both are gone on from.</summary>
    [Fact]
    public async Task Killed_silos_and_servers_change_no_bit_and_what_was_lost_is_told()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, silos: 3, servers: 2);
        await using var _ = cluster;
        await TrainAsync(folder, silos[0], "first");
        await using var probing = DistTrainProcess.Start(
            ["diagnose", "first", .. _many, "--output", "json", "--endpoint", silos[^1].Endpoint, "--out", folder["found.json"]]);
        await ProductAsync(10);
        await silos[0].Process.KillAsync();
        await ProductAsync(20);
        await cluster.KillServerAsync(0);
        await ProductAsync(75);
        await cluster.KillServerAsync(1);
        Assert.Equal(0, await probing.ExitAsync(_patience));

        var found = probing.Events[^1];
        var alone = await DiagnoseAsync(folder["jobs/first"], [.. _many, "--out", folder["alone.json"]]);
        Assert.Equal(alone.GetProperty("sha256").GetString(), found.GetProperty("sha256").GetString());
        Assert.True(found.GetProperty("recoveries").GetInt32() >= 3, found.GetRawText());
        Assert.True(found.GetProperty("lostSeconds").GetDouble() > 0, found.GetRawText());
        Assert.True(found.GetProperty("redoneProducts").GetInt32() < 10, found.GetRawText());
        await cluster.StopAsync();

        Task ProductAsync(long count) => probing.EventAsync(
            e => e.GetProperty("event").GetString() == "product" && e.GetProperty("products").GetInt64() >= count, _patience);
    }

    private static IEnumerable<string> Properties(JsonElement found, string[] without) =>
        found.EnumerateObject().Where(property => !without.Contains(property.Name)).Select(property => $"{property.Name}: {property.Value.GetRawText()}");

    private static async Task<string> TrainAsync(RunFolder folder, Silo at, string id)
    {
        var job = folder[$"{id}.yaml"];
        await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
        var finished = await DistTrainProcess.RunAsync(["submit", job, "--endpoint", at.Endpoint, "--id", id, "--watch", "--output", "json", .. Training.Set(_settings)]);
        Assert.True(finished.ExitCode == 0, finished.Error);
        return finished.WeightsSha256;
    }

    private static async Task<JsonElement> DiagnoseAsync(string what, params string[] options)
    {
        var finished = await DistTrainProcess.RunAsync(["diagnose", what, .. options, "--output", "json"]);
        Assert.True(finished.ExitCode == 0, finished.Error + finished.Output);
        return finished.Events[^1];
    }
}
