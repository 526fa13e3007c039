using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

/// <summary><c>disttrain diagnose</c> on what real processes have left.</summary>
[Trait("Kind", "Process")]
public class DiagnosisTests(StandingClusters clusters)
{
    private static readonly string[] _settings =
    [
        "dataset.trainExamples=130", "dataset.testExamples=20", "workers=3", "batch=50", "steps=4", "microBatch=16",
        "model={name: custom, layers: [flatten, linear: 12, tanh, linear: 10]}",
    ];

    [Fact]
    public async Task A_run_is_looked_at_and_stays_what_it_claims()
    {
        using var folder = new RunFolder();
        var run = await clusters.RunAsync(folder, "run", silos: 2, servers: 2, _settings);
        var found = await DiagnoseAsync(folder["run"]);
        Assert.Equal((4, run.WeightsSha256), (found.GetProperty("step").GetInt32(), found.GetProperty("weightsSha256").GetString()));
        Assert.Equal((130, 3), (found.GetProperty("examples").GetInt32(), found.GetProperty("ranks").GetInt32()));
        Assert.Equal(Path.Combine(folder["run"], "diagnosis-step-4.json"), found.GetProperty("file").GetString());

        // By the folder of the checkpoint itself.
        var step = Path.Combine(folder["run"], "checkpoints", "step-4");
        var again = await DiagnoseAsync(step, "--out", folder["again.json"]);
        Assert.Equal(found.GetProperty("sha256").GetString(), again.GetProperty("sha256").GetString());
        Assert.True(File.Exists(folder["again.json"]));
        var model = await DiagnoseAsync(Path.Combine(folder["run"], "model.safetensors"));
        Assert.Equal(found.GetProperty("sha256").GetString(), model.GetProperty("sha256").GetString());
        Assert.True(File.Exists(Path.Combine(folder["run"], "diagnosis.json")));

        var other = await DistTrainProcess.RunAsync("diagnose", folder["run"], "--directions", "0", "--steps", "2", "--set", "dataset.trainExamples=120");
        Assert.Equal(0, other.ExitCode);
        Assert.Contains("warning: these are not the data that the weights were trained on", other.Error, StringComparison.Ordinal);
        await Verified.CleanAsync(folder["run"], run.WeightsSha256);
    }

    private static async Task<JsonElement> DiagnoseAsync(string what, params string[] options)
    {
        var finished = await DistTrainProcess.RunAsync(["diagnose", what, "--steps", "8", "--directions", "2", "--direction-steps", "3", "--output", "json", .. options]);
        Assert.True(finished.ExitCode == 0, finished.Error);
        Assert.Empty(finished.Error.Trim());
        return finished.Events[^1];
    }
}
