using System.Text.Json;
using DistTrain.Optimization.Parameters;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A landscape probe as a job of a standing cluster: whatever computes it, the bits are those of one process.</summary>
[Trait("Kind", "Process")]
public class ClusterDiagnosisTests(StandingClusters clusters, ProbedCluster probed) : IClassFixture<ProbedCluster>
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    /// <summary>Two buckets, buffers that are no direction, and ranks of unequal shares.</summary>
    private static readonly string[] _settings =
    [
        "dataset.trainExamples=130", "dataset.testExamples=20", "workers=3", "batch=50", "microBatch=16", "steps=3", "checkpoint.everySteps=2",
        "model={name: custom, layers: [flatten, linear: 400, norm: batch, tanh, linear: 10]}",
    ];

    private static readonly string[] _few = ["--steps", "9", "--directions", "2", "--direction-steps", "4", "--sharpness", "0.001", "--subspace", "6", "--passes", "4"];

    private static readonly string[] _many = ["--steps", "60", "--top", "20", "--directions", "3", "--direction-steps", "30"];

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Any_cluster_finds_the_bits_that_one_process_finds(int servers, bool sharesMemory)
    {
        using var folder = new RunFolder();
        var (cluster, started) = await StandingCluster.StartAsync(folder, silos: 3, servers, sharesMemory: sharesMemory);
        await using var _ = cluster;
        var trained = await TrainAsync(folder, started[0], "first");
        foreach (var precision in new[] { "float64", "float32" })
        {
            var found = await DiagnoseAsync("first", [.. _few, "--endpoint", started[^1].Endpoint, "--precision", precision, "--out", folder["found.json"]]);
            var alone = await DiagnoseAsync(folder["jobs/first"], [.. _few, "--precision", precision, "--out", folder["alone.json"]]);
            Assert.Equal(alone.GetProperty("sha256").GetString(), found.GetProperty("sha256").GetString());
            Assert.Equal(trained, found.GetProperty("weightsSha256").GetString());
            // All that is told is the same, but for where it was computed and how fast.
            string[] own = ["checkpoint", "seconds", "file", "job", "recoveries", "redoneProducts"];
            Assert.Equal(Properties(alone, own), Properties(found, own));
            // By the path where the servers read it, of a job that the cluster need not know.
            if (precision == "float64")
            {
                var read = await DiagnoseAsync(folder["jobs/first"], [.. _few, "--endpoint", started[0].Endpoint, "--precision", precision, "--out", folder["read.json"]]);
                Assert.Equal(Properties(alone, own), Properties(read, own));
            }
        }

        // The same of two silos and of one.
        var bits = JsonDocument.Parse(await File.ReadAllTextAsync(folder["found.json"])).RootElement.GetProperty("sha256").GetString();
        foreach (var leaving in started[1..].Reverse())
        {
            leaving.Process.Signal(15);
            Assert.Equal(0, await leaving.Process.ExitAsync(_patience));
            var found = await DiagnoseAsync("first", [.. _few, "--endpoint", started[0].Endpoint, "--out", folder["fewer.json"]]);
            Assert.Equal((bits, 0), (found.GetProperty("sha256").GetString(), found.GetProperty("recoveries").GetInt32()));
        }

        await cluster.StopAsync();
    }

    /// <summary>
    /// In float32 a silo and a server while the ends of the spectrum are looked for, a server among the random directions; in float64 a server and a silo in
    /// the middle of the ends, and a server while a box is searched. All are gone on from.
    /// </summary>
    [Fact]
    public async Task Killed_silos_and_servers_change_no_bit_and_what_was_lost_is_told()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, silos: 3, servers: 2);
        await using var _ = cluster;
        await TrainAsync(folder, silos[0], "first");
        await ProbeAsync(
            _many,
            (10, silos[0].Process.KillAsync),
            (20, () => cluster.KillServerAsync(0)),
            (75, () => cluster.KillServerAsync(1)));
        await ProbeAsync(
            ["--steps", "12", "--directions", "0", "--precision", "float64", "--sharpness", "0.001", "--subspace", "9"],
            (6, () => cluster.KillServerAsync(1)),
            (10, silos[1].Process.KillAsync),
            (14, () => cluster.KillServerAsync(0)));
        await cluster.StopAsync();

        async Task ProbeAsync(string[] options, params (long Product, Func<Task> Kill)[] faults)
        {
            await using var probing = DistTrainProcess.Start(
                ["diagnose", "first", .. options, "--output", "json", "--endpoint", silos[^1].Endpoint, "--out", folder["found.json"]]);
            foreach (var (product, kill) in faults)
            {
                await probing.EventAsync(e => e.GetProperty("event").GetString() == "product" && e.GetProperty("products").GetInt64() >= product, _patience);
                await kill();
            }

            Assert.Equal(0, await probing.ExitAsync(_patience));
            var found = probing.Events[^1];
            var alone = await DiagnoseAsync(folder["jobs/first"], [.. options, "--out", folder["alone.json"]]);
            Assert.Equal(alone.GetProperty("sha256").GetString(), found.GetProperty("sha256").GetString());
            Assert.True(found.GetProperty("recoveries").GetInt32() >= faults.Length, found.GetRawText());
            Assert.True(found.GetProperty("lostSeconds").GetDouble() > 0, found.GetRawText());
            Assert.True(found.GetProperty("redoneProducts").GetInt32() < 10, found.GetRawText());
        }
    }

    /// <summary>Each product tells of the ends so far; Ctrl-C ends the probe where it is computed too.</summary>
    [Fact]
    public async Task Ctrl_C_cancels_the_probe_on_the_cluster()
    {
        using var folder = new RunFolder();
        var before = await ListAsync();
        await TrainAsync(folder, probed.Silo, "to-cancel");
        await using var probing = DistTrainProcess.Start(
            ["diagnose", "to-cancel", "--steps", "600", "--top", "300", "--output", "json", "--endpoint", probed.Silo.Endpoint, "--out", folder["found.json"]]);
        var product = await probing.EventAsync(e => e.GetProperty("event").GetString() == "product" && e.GetProperty("products").GetInt64() >= 5, _patience);
        Assert.True(product.GetProperty("lambdaMin").GetDouble() < product.GetProperty("lambdaMax").GetDouble());
        probing.Signal(2);
        Assert.Equal(130, await probing.ExitAsync(_patience));
        Assert.False(File.Exists(folder["found.json"]));
        var (_, state) = Assert.Single((await ListAsync()).Except(before), job => job.Id != "to-cancel");
        Assert.Equal("cancelled", state);
        // Its ranks have gone: the next job is not kept waiting.
        await TrainAsync(folder, probed.Silo, "next");
    }

    /// <summary>
    /// Its checkpoint is looked at while the steps after it are made, by two probes, one of them from a file. The job looks at its own curvature besides, with
    /// the bits of the probes.
    /// </summary>
    [Fact]
    public async Task A_job_that_is_probed_while_it_trains_ends_with_the_weights_that_it_would_have_had()
    {
        using var folder = new RunFolder();
        string[] settings = [.. _settings.Where(setting => !setting.Contains("teps=", StringComparison.Ordinal)), "steps=150", "checkpoint.everySteps=10", "checkpoint.keep=100", "batchNorm.scope=global"];
        var undisturbed = await clusters.RunAsync(folder, "undisturbed", silos: 1, servers: 1, settings);
        var training = await probed.Cluster.SubmitAsync(probed.Silo, "training", [.. settings, "probe={everySteps: 10, what: curvature, products: 9}"]);
        await training.StepAsync(5);
        await Waiting.UntilAsync(
            () => Task.FromResult(Directory.EnumerateFiles(probed.Folder["jobs/training/checkpoints"], "manifest.json", SearchOption.AllDirectories).Any()),
            any => any,
            "a checkpoint to be complete",
            mayThrow: true);
        var found = await DiagnoseAsync("training", [.. _few, "--endpoint", probed.Silo.Endpoint, "--out", folder["found.json"]]);
        var step = found.GetProperty("step").GetInt32();
        Assert.InRange(step, 10, 140);
        var file = folder["probe.yaml"];
        await File.WriteAllTextAsync(file, $"apiVersion: disttrain.dev/v1\nkind: LandscapeProbe\nspec: {{weights: {{job: training, step: {step}}}, steps: 9, directions: 2, sharpness: 0.001, subspace: 6, passes: 4}}\n");
        var submitted = await DistTrainProcess.RunAsync(
            "submit", file, "--set", "directionSteps=4", "--endpoint", probed.Silo.Endpoint, "--id", "beside", "--watch", "--output", "json");
        Assert.Equal(found.GetProperty("weightsSha256").GetString(), submitted.WeightsSha256);
        Assert.Equal(0, await training.ExitAsync(_patience));
        Assert.Equal(undisturbed.WeightsSha256, training.Events[^1].GetProperty("weightsSha256").GetString());
        Assert.Equal(Enumerable.Range(1, 150), training.Steps().Select(made => made.GetProperty("step").GetInt32()));
        List<JsonElement> looks = [.. training.Events.Where(e => e.GetProperty("event").GetString() == "probe")];
        Assert.Equal(Enumerable.Range(1, 15).Select(k => 10 * k), looks.Select(look => look.GetProperty("step").GetInt32()));
        var same = looks.Single(look => look.GetProperty("step").GetInt32() == step);
        foreach (var figure in new[] { "lambdaMax", "lambdaMin", "gradientNorm", "loss", "examples" })
            Assert.Equal(found.GetProperty(figure).GetRawText(), same.GetProperty(figure).GetRawText());
        Assert.Equal(2 / training.Steps().Single(made => made.GetProperty("step").GetInt32() == step).GetProperty("learningRate").GetDouble(), same.GetProperty("edge").GetDouble(), 1e-12);

        Assert.Equal(0, (await DistTrainProcess.RunAsync("download", "beside", "--endpoint", probed.Silo.Endpoint, "--out", folder["beside"])).ExitCode);
        var findings = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder["beside"], "findings.json"))).RootElement;
        Assert.Equal(found.GetProperty("sha256").GetString(), findings.GetProperty("sha256").GetString());
        // Nothing is left of its directions.
        Assert.Single(Directory.GetDirectories(probed.Folder["jobs/beside/checkpoints"]));
    }

    [Fact]
    public async Task What_can_t_be_looked_at_is_refused_and_nothing_is_begun()
    {
        using var folder = new RunFolder();
        await TrainAsync(folder, probed.Silo, "trained");
        var before = await ListAsync();
        var file = Path.Combine(folder["model"], "model.safetensors");
        Assert.Equal(0, (await DistTrainProcess.RunAsync("download", "trained", "--endpoint", probed.Silo.Endpoint, "--out", folder["model"])).ExitCode);
        SpoilLast(file, folder["spoiled.safetensors"]);
        foreach (var (expected, arguments) in new (string, string[])[]
        {
            ("an element of fc2.bias is NaN; at weights that are not finite there is no loss to look at", [folder["spoiled.safetensors"]]),
            ("these weights are of another model than the probe's job", [file, "--set", "model.layers=[flatten, linear: 10]"]),
            ("job 'none' has no checkpoint that all servers have", ["none"]),
            ("job 'trained' has no checkpoint of step 1 that all servers have; it has ", ["trained", "--step", "1"]),
            ("spec.top: the model has 318810 parameters", ["trained", "--top", "400000", "--steps", "400000"]),
            ("spec.examples: the train set has 130", ["trained", "--examples", "131"]),
            ("take fewer steps or directionSteps, or precision: float32, use more servers, or raise --memory-limit", ["trained", "--steps", "9000", "--precision", "float64"]),
            ("--escape", ["trained", "--escape", folder["out.safetensors"]]),
            ("is no folder or file, and no job id", ["No such/job"]),
        })
        {
            var refused = await DistTrainProcess.RunAsync(["diagnose", .. arguments, "--endpoint", probed.Silo.Endpoint, "--out", folder["found.json"]]);
            Assert.True(refused.ExitCode == 2, $"{expected}: {refused.ExitCode} {refused.Error}");
            Assert.Contains(expected, refused.Error, StringComparison.Ordinal);
        }

        // All mistakes of a file at once.
        file = folder["probe.yaml"];
        await File.WriteAllTextAsync(file, "apiVersion: disttrain.dev/v1\nkind: LandscapeProbe\nspec: {weights: {step: 4}, top: 3, steps: 2, mode: both}\n");
        var invalid = await DistTrainProcess.RunAsync("submit", file, "--endpoint", probed.Silo.Endpoint, "--output", "json");
        Assert.Equal((2, 4), (invalid.ExitCode, invalid.Events[^1].GetProperty("problems").GetArrayLength()));
        Assert.Equal(before, await ListAsync());
    }

    /// <summary>A copy of a model file whose last element, of the last tensor, is NaN.</summary>
    private static void SpoilLast(string file, string copy)
    {
        using var model = SafeTensorsReader.Open(file);
        var layout = model.Layout()!;
        var vector = new float[layout.Length];
        model.Fill(layout, vector);
        vector[layout.Segments.Last(segment => !segment.IsBuffer).End - 1] = float.NaN;
        using var stream = File.Create(copy);
        SafeTensorsWriter.Write(stream, layout, vector, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = model.Metadata[SafeTensorsWriter.JobKey] });
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

    /// <summary>The jobs of the cluster that these tests share.</summary>
    private async Task<List<(string? Id, string? State)>> ListAsync()
    {
        var list = await DistTrainProcess.RunAsync("list", "--endpoint", probed.Silo.Endpoint, "--output", "json");
        return [.. list.Events.Select(job => (job.GetProperty("job").GetString(), job.GetProperty("state").GetString()))];
    }

    private static async Task<JsonElement> DiagnoseAsync(string what, params string[] options)
    {
        var finished = await DistTrainProcess.RunAsync(["diagnose", what, .. options, "--output", "json"]);
        Assert.True(finished.ExitCode == 0, finished.Error + finished.Output);
        return finished.Events[^1];
    }
}
