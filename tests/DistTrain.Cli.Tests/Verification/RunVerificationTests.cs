using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Cli.Verification;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;

namespace DistTrain.Cli.Tests.Verification;

/// <summary>A run's folder as two servers leave it after two epochs on ten digits; then something in it is altered.</summary>
[Trait("Kind", "Fast")]
public sealed class RunVerificationTests : IDisposable
{
    private const int Examples = 10;

    private static readonly string[] _settings = ["workers=3", "batch=4", "epochs=2", $"dataset.trainExamples={Examples}", "dataset.testExamples=5"];

    private static readonly ParameterLayout _layout = ParameterLayout.Of(
        [new Segment("weight", SegmentKind.Weight, [5, 9], 0, Initialization.One), new Segment("bias", SegmentKind.Bias, [5], 0, Initialization.One)],
        bucketLength: 32);

    private readonly TempFolder _folder = new();
    private readonly float[] _vector = [.. Enumerable.Range(0, _layout.Length).Select(i => i / 7f)];

    public RunVerificationTests()
    {
        var history = new ScriptedHistory(Examples, _settings).Together(0, 2, batch: 4).Evaluation();
        File.WriteAllText(_folder["job.yaml"], JobFile.Write(history.Job));
        using (var lines = File.Create(History))
        {
            foreach (var metrics in history.Events)
                lines.Write([.. MetricsJson.Write(metrics), (byte)'\n']);
        }

        WriteCheckpoint(history.Job, step: 6);
        using var model = File.Create(Model);
        SafeTensorsWriter.Write(model, _layout, _vector, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = JobFile.Write(history.Job) });
    }

    private string History => _folder["metrics.jsonl"];

    private string Model => _folder["model.safetensors"];

    private string Step => _folder["checkpoints/step-6"];

    [Fact]
    public async Task A_run_that_is_what_it_claims_passes()
    {
        var hash = WeightsHash.Compute(_layout, _vector);
        var found = RunVerification.Of(_folder.Path);
        Assert.Empty(found.Problems);
        Assert.Equal(("job-1", 6, 2.0, 20, hash), (found.Job, found.Steps, found.Epochs, found.Examples, found.WeightsSha256));

        var (code, output, error) = await Contexts.RunAsync("verify", _folder.Path);
        Assert.Equal(ExitCode.Done, code);
        Assert.Empty(error);
        Assert.Equal($"{_folder.Path}: what it claims; 6 steps over 2 epochs, 20 examples checked; weights {hash}", Assert.Single(output));

        File.Delete(Model);
        Assert.Empty(RunVerification.Of(_folder.Path).Problems);
    }

    [Fact]
    public void Where_a_job_began_that_starts_from_a_checkpoint_has_to_be_known()
    {
        var job = JobFile.Read(null, "test", [.. _settings, $"from={{checkpoint: /a, position: keep, sha256: '{new string('1', 64)}'}}"]).Job!;
        File.WriteAllText(_folder["job.yaml"], JobFile.Write(job));
        WriteCheckpoint(job, step: 6);
        Assert.Equal($"{_folder["start.json"]} is missing or damaged: it says where the job began that starts from /a", Assert.Single(RunVerification.Of(_folder.Path).Problems));
        var position = """{"phase":0,"epoch":0,"cursor":0,"examples":0,"group":0}""";
        File.WriteAllText(_folder["start.json"], $$"""{"format":1,"checkpoint":"/a","sha256":"{{new string('1', 64)}}","step":0,"position":{{position}},"statisticsSteps":0}""");
        Assert.Empty(RunVerification.Of(_folder.Path).Problems);
        File.WriteAllText(_folder["start.json"], File.ReadAllText(_folder["start.json"]).Replace(new string('1', 64), "2", StringComparison.Ordinal));
        Assert.Contains("the job started from what has SHA-256 2, by its job.yaml from 1111", Assert.Single(RunVerification.Of(_folder.Path).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_problems_are_told_at_once()
    {
        var lines = await File.ReadAllLinesAsync(History);
        lines[1] = lines[1].Replace("\"cursor\":4", "\"cursor\":5", StringComparison.Ordinal);
        lines[2] = "{\"event\":";
        await File.WriteAllLinesAsync(History, lines);
        foreach (var part in new[] { "server-0.bin", "server-1.bin" })
            Flip(Path.Combine(Step, part));

        var (code, output, error) = await Contexts.RunAsync("verify", _folder.Path, "--output", "json");
        Assert.Equal(ExitCode.Failed, code);
        var verified = Assert.IsType<VerifiedEvent>(OutputJson.Read(Assert.Single(output)));
        Assert.Null(verified.WeightsSha256);
        Assert.Equal(verified.Problems.Select(p => "error: " + p), error);
        Assert.Equal(6, verified.Problems.Count);
        foreach (var (problem, start) in verified.Problems.Zip(
        [
            $"{History}:3: ", "step 2 took examples 5 to 8 of epoch 0", "step 3 is missing", "step 4 took examples 0 to 3 of epoch 1",
            $"{Path.Combine(Step, "server-0.bin")}: SHA-256 is ", $"{Path.Combine(Step, "server-1.bin")}: SHA-256 is ",
        ]))
        {
            Assert.StartsWith(start, problem, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("history", "metrics.jsonl", "Could not find file")]
    [InlineData("checkpoint", "no checkpoint here")]
    [InlineData("part", "server-1.bin: the part of server 1 is missing")]
    [InlineData("older checkpoint", "step-5: the newest checkpoint is of step 5, the history ends with step 6")]
    [InlineData("data", "data: SHA-256 other before, ", " now")]
    [InlineData("job", "step-6: its job file can't be read")]
    [InlineData("model", "model.safetensors: the weights have SHA-256 ", ", the checkpoint of step 6 has ")]
    [InlineData("no model", "model.safetensors")]
    public void What_does_not_fit_together_is_named(string what, params string[] named)
    {
        var manifest = Path.Combine(Step, CheckpointManifest.FileName);
        switch (what)
        {
            case "history": File.Delete(History); break;
            case "checkpoint": Directory.Delete(Step, recursive: true); break;
            case "part": File.Delete(Path.Combine(Step, "server-1.bin")); break;
            case "older checkpoint":
                Directory.Delete(Step, recursive: true);
                WriteCheckpoint(new ScriptedHistory(Examples, _settings).Job, step: 5);
                break;
            case "data": Set(manifest, "dataFingerprint"); break;
            case "job": Set(manifest, "jobFile"); break;
            case "model": Flip(Model, fromEnd: 1); break;
            default: File.WriteAllText(Model, "nothing"); break;
        }

        var problems = RunVerification.Of(_folder.Path).Problems;
        var problem = what == "history" ? problems[0] : Assert.Single(problems, p => !p.Contains("has SHA-256", StringComparison.Ordinal) || what == "model");
        Assert.All(named, part => Assert.Contains(part, problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("seed=2", "seed: 1, expected 2")]
    [InlineData("batch=5", "batch: 4, expected 5")]
    public void A_job_file_of_another_job_does_not_pass(string setting, string difference)
    {
        File.WriteAllText(_folder["job.yaml"], JobFile.Write(new ScriptedHistory(Examples, [.. _settings, setting]).Job));
        var problems = RunVerification.Of(_folder.Path).Problems;
        Assert.Contains(problems, p => p.EndsWith($"step-6: of another job than the run's job.yaml: spec.{difference}", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.StartsWith("step 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_run_is_bad_input()
    {
        await RefusedAsync("is no run's folder: it has no job.yaml", _folder["none"]);
        await RefusedAsync("is no run's folder: it has no job.yaml", Step);
        await RefusedAsync("claims to be another job: spec.seed: 1 before, 2 now; --set is for where the data are", _folder.Path, "--set", "seed=2");
        await File.WriteAllTextAsync(_folder["job.yaml"], "kind: other");
        await RefusedAsync("job.yaml", _folder.Path);
    }

    [Fact]
    public async Task Data_that_moved_are_found_by_their_new_path()
    {
        string[] settings = ["dataset={name: csv, path: /nowhere}", "model.name=softmax", "workers=1", "batch=2", "epochs=1"];
        await File.WriteAllTextAsync(_folder["train.csv"], "a,label\n1,0\n2,1\n3,0\n");
        await File.WriteAllTextAsync(_folder["test.csv"], "a,label\n1,0\n");
        var history = new ScriptedHistory(3, settings).Together(0, 1, batch: 2);
        await File.WriteAllTextAsync(_folder["job.yaml"], JobFile.Write(history.Job));
        await File.WriteAllLinesAsync(History, history.Events.Select(e => System.Text.Encoding.UTF8.GetString(MetricsJson.Write(e))));
        Directory.Delete(Step, recursive: true);
        var moved = new ScriptedHistory(3, [.. settings, $"dataset.path={_folder.Path}"]).Job;
        WriteCheckpoint(history.Job, step: 2, DatasetReader.Read(moved.Spec.Dataset).Fingerprint);

        await RefusedAsync("Or say where the data are by --set dataset.path=…", _folder.Path);
        Assert.Empty(RunVerification.Of(_folder.Path, $"dataset.path={_folder.Path}").Problems);

        // One value has changed since.
        await File.WriteAllTextAsync(_folder["data.json"], DatasetSummary.Json(DatasetReader.Read(moved.Spec.Dataset), moved.Spec.Dataset));
        await File.WriteAllTextAsync(_folder["train.csv"], "a,label\n1,0\n2,1\n3,1\n");
        var problem = Assert.Single(RunVerification.Of(_folder.Path, $"dataset.path={_folder.Path}").Problems);
        Assert.StartsWith($"the data have changed: {_folder["train.csv"]} has SHA-256 ", problem, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task RefusedAsync(string reason, params string[] line)
    {
        var (code, output, error) = await Contexts.RunAsync(["verify", .. line]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Contains(error, problem => problem.Contains(reason, StringComparison.Ordinal));
    }

    private static void Flip(string path, int fromEnd = 8)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^fromEnd] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void Set(string manifest, string key)
    {
        var json = JsonNode.Parse(File.ReadAllText(manifest))!;
        json[key] = "other";
        File.WriteAllText(manifest, json.ToJsonString());
    }

    private void WriteCheckpoint(TrainingJob job, long step, string? fingerprint = null)
    {
        var folder = Directory.CreateDirectory(_folder[$"checkpoints/step-{step}"]).FullName;
        var parts = new List<ManifestPart>();
        for (var server = 0; server < 2; server++)
        {
            var buckets = _layout.Buckets.Take(_layout.BucketsOf(server, 2)).ToList();
            var bytes = MemoryMarshal.AsBytes(_vector.AsSpan(buckets[0].Offset, buckets.Sum(b => b.Length))).ToArray();
            var name = $"server-{server}.bin";
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            parts.Add(new ManifestPart(name, server, buckets[0].Offset, bytes.Length / 4, Slots: 0, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        }

        var manifest = new CheckpointManifest(
            CheckpointManifest.CurrentFormat,
            "job-1",
            Generation: 1,
            step,
            Position.Start(),
            OpenStep: "{}",
            JobFile.Write(job),
            LayoutJson.Write(_layout),
            fingerprint ?? DatasetReader.Read(job.Spec.Dataset).Fingerprint,
            parts);
        File.WriteAllBytes(Path.Combine(folder, CheckpointManifest.FileName), manifest.ToJson());
    }
}
