using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Tests.Processes;
using Grpc.Core;
using Grpc.Health.V1;

namespace DistTrain.EndToEnd.Tests;

/// <summary>What a process tells those who look after it.</summary>
[Trait("Kind", "Process")]
public class ObservabilityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Every_process_tells_how_it_is_and_what_it_does()
    {
        using var folder = new RunFolder();
        var ports = Ports.Free(4);
        await using var server = DistTrainProcess.Start(
            "server", "--port", "0", "--job-folder", folder["jobs/{job}"], "--http-port", Text(ports[0]), "--health-port", Text(ports[1]), "--log", "json");
        var serverEndpoint = await server.EndpointAsync();
        await using var silo = DistTrainProcess.Start(
            "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", serverEndpoint, "--http-port", Text(ports[2]), "--health-port", Text(ports[3]), "--log", "json");
        var endpoint = await silo.EndpointAsync();
        await File.WriteAllTextAsync(folder["job.yaml"], StandingCluster.EmptyJob);
        var job = await DistTrainProcess.RunAsync(
            ["submit", folder["job.yaml"], "--endpoint", endpoint, "--id", "told", "--watch", "--output", "json", .. Training.Set(["workers=2", "batch=128", "optimizer.lr=0.05", "steps=30", "model.name=softmax", "dataset.trainExamples=640", "dataset.testExamples=50", "checkpoint.everySteps=10"])]);
        _ = job.Completed;

        using var http = new HttpClient();
        foreach (var port in new[] { ports[0], ports[2] })
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(Address(port, "livez"))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(Address(port, "readyz"))).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(Address(port, "disttrain.v1.TrainingJobs/List"))).StatusCode);
        }

        foreach (var health in new[] { $"127.0.0.1:{ports[1]}", $"127.0.0.1:{ports[3]}", serverEndpoint, endpoint })
        {
            using var channel = new PeerChannels(certificates: null).Connect(health);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
        }

        // A port for probes takes nothing else.
        using (var channel = new PeerChannels(certificates: null).Connect($"127.0.0.1:{ports[3]}"))
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => new TrainingJobs.TrainingJobsClient(channel).ListAsync(new ListRequest()).ResponseAsync);
            Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
        }

        var told = await http.GetStringAsync(Address(ports[0], "metrics"));
        Assert.Equal(30, Value(told, "disttrain_steps_total"));
        Assert.Equal(30, Value(told, "disttrain_step_duration_seconds_count"));
        Assert.Equal(30 * 128, Value(told, "disttrain_examples_total"));
        Assert.Equal(0.05, Value(told, "disttrain_learning_rate"), 3);
        var last = job.Events.Last(DistTrainProcess.IsStep);
        Assert.Equal(last.GetProperty("loss").GetDouble(), Value(told, "disttrain_loss"), 9);
        Assert.Equal(last.GetProperty("gradientNorm").GetDouble(), Value(told, "disttrain_gradient_norm"), 9);
        Assert.Equal(last.GetProperty("noiseScale").GetDouble(), Value(told, "disttrain_noise_scale"), 9);
        Assert.Equal(last.GetProperty("criticalBatch").GetDouble(), Value(told, "disttrain_critical_batch"), 9);
        // 10 · 785 floats, the biases padded to a cache line.
        Assert.Equal(30 * 2 * 4 * (7840 + 16), Value(told, "disttrain_gradient_bytes_total"));
        Assert.Equal(3, Value(told, "disttrain_checkpoint_duration_seconds_count"));
        var ofSilo = await http.GetStringAsync(Address(ports[2], "metrics"));
        Assert.Equal(0, Value(ofSilo, "disttrain_ranks"));
        Assert.Equal(0, Value(ofSilo, "disttrain_queued_ranks"));

        foreach (var process in new[] { silo, server })
        {
            process.Signal(15);
            Assert.Equal(0, await process.ExitAsync(Patience));
            var logs = process.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
            Assert.Contains(logs, line => line.GetProperty("State").TryGetProperty("Job", out var id) && id.GetString() == "told");
        }

        // Prometheus' own linter, where it is installed.
        foreach (var metrics in new[] { told, ofSilo })
            _ = (await Tool.EndAsync(new ProcessStartInfo("promtool", ["check", "metrics"]), metrics)).Checked;
    }

    [Theory]
    [InlineData("--http-port", "0")]
    [InlineData("--health-port", "70000")]
    [InlineData("--log", "xml")]
    public async Task A_wrong_setting_is_refused(string option, string value)
    {
        var refused = await DistTrainProcess.RunAsync("server", option, value);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(option, refused.Error, StringComparison.Ordinal);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Uri Address(int port, string path) => new($"http://127.0.0.1:{port}/{path}");

    /// <summary>The one sample of a metric.</summary>
    private static double Value(string metrics, string name)
    {
        var samples = metrics.Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal)).ToList();
        var sample = Assert.Single(samples);
        // name{labels} value [time]
        return double.Parse(sample[(sample.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
