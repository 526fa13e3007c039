using System.Globalization;

namespace DistTrain.EndToEnd.Tests;

/// <summary>
/// Jobs on CUDA devices, which the processor plays (DISTTRAIN_DEVICE=staged:1): tensors live in memory of their own, and copies come late and out of order. No
/// GPU was seen by any test.
/// </summary>
[Trait("Kind", "Process")]
public class DeviceTests(StandingClusters clusters)
{
    private static readonly string[] _shared = ["model.name=mlp", "model.norm=batch", "batchNorm.scope=global", "workers=2", "steps=30"];

    [Fact]
    public async Task A_job_that_leaves_it_open_takes_devices_waits_for_enough_of_them_and_ends_with_the_processors_bits()
    {
        using var folder = new RunFolder();
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"]);
        string[] worker = ["worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync()];
        var devices = new Dictionary<string, string> { ["DISTTRAIN_DEVICE"] = "staged:1" };
        await using var first = DistTrainProcess.StartWith(devices, worker);
        var endpoint = await first.EndpointAsync();
        await File.WriteAllTextAsync(folder["job.yaml"], "apiVersion: disttrain.dev/v1\nkind: TrainingJob\n");
        await using var watch = DistTrainProcess.Start([.. Submit("auto")]);
        await watch.LogAsync(line => line.Contains("waits for a CUDA device of its own", StringComparison.Ordinal), 1, Waiting.Limit);

        await using var second = DistTrainProcess.StartWith(devices, worker);
        await second.EndpointAsync();
        Assert.Equal(0, await watch.ExitAsync(TimeSpan.FromMinutes(1)));
        var onDevices = watch.Events[^1].GetProperty("weightsSha256").GetString();
        // Submitted again it is the job that was answered, and no other.
        var again = await DistTrainProcess.RunAsync([.. Submit("auto")]);
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Equal(onDevices, again.WeightsSha256);
        var job = await DistTrainProcess.RunAsync("download", "on-auto", "--endpoint", endpoint, "--out", folder["run"]);
        Assert.True(job.ExitCode == 0, job.Error);
        var answered = await File.ReadAllTextAsync(Path.Combine(folder["run"], "job.yaml"));
        Assert.Contains("device: cuda", answered, StringComparison.Ordinal);
        var microBatch = Assert.Single(answered.Split('\n'), line => line.StartsWith("  microBatch: ", StringComparison.Ordinal)).Split(' ')[^1];
        Assert.InRange(int.Parse(microBatch, CultureInfo.InvariantCulture), 1, 64);

        var onProcessors = await DistTrainProcess.RunAsync([.. Submit("cpu", microBatch)]);
        Assert.Equal(0, onProcessors.ExitCode);
        Assert.Equal(onProcessors.WeightsSha256, onDevices);

        IEnumerable<string> Submit(string device, string microBatch = "auto") =>
            ["submit", folder["job.yaml"], "--endpoint", endpoint, "--id", $"on-{device}", "--watch", "--output", "json", .. Training.Set(Training.Short([.. _shared, $"device={device}", $"microBatch={microBatch}"]))];
    }

    /// <summary>One silo has two devices, the other one whose device is gone after some steps: it leaves, and all ranks go on where devices are.</summary>
    [Fact]
    public async Task A_silo_whose_device_is_gone_leaves_and_no_bit_is_another()
    {
        using var folder = new RunFolder();
        string[] settings = [.. Training.Short(_shared), "steps=60", "microBatch=16"];
        var undisturbed = await clusters.RunAsync(folder, "undisturbed", silos: 1, servers: 1, settings);
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"]);
        string[] worker = ["worker", "--port", "0", "--cluster", folder["cluster"], "--servers", await server.EndpointAsync()];
        await using var stays = DistTrainProcess.StartWith(new Dictionary<string, string> { ["DISTTRAIN_DEVICE"] = "staged:2" }, worker);
        var endpoint = await stays.EndpointAsync();
        await using var loses = DistTrainProcess.StartWith(new Dictionary<string, string> { ["DISTTRAIN_DEVICE"] = "staged:1:200" }, worker);
        await loses.EndpointAsync();
        await File.WriteAllTextAsync(folder["job.yaml"], StandingCluster.EmptyJob);
        var run = await DistTrainProcess.RunAsync(
            ["submit", folder["job.yaml"], "--endpoint", endpoint, "--id", "disturbed", "--watch", "--output", "json", .. Training.Set([.. settings, "device=cuda"])]);
        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Equal(1, await loses.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Matches(@"this silo can't go on and ends: rank \d of job 'disturbed' has lost its device: CUDA error: uncorrectable ECC error", loses.Error);
        Assert.Equal(undisturbed.WeightsSha256, run.WeightsSha256);
        Assert.Equal(Enumerable.Range(1, 60), run.Events.Where(DistTrainProcess.IsStep).Select(step => step.GetProperty("step").GetInt32()));
    }
}
