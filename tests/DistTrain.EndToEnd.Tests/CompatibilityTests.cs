using System.Globalization;
using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

/// <summary>Runs of earlier versions, as their programs left them (Compatibility/make.sh), in the hands of this one.</summary>
[Trait("Kind", "Process")]
public class CompatibilityTests
{
    private static readonly string _runs = Path.Combine(AppContext.BaseDirectory, "Compatibility");

    public static TheoryData<string> Versions => [.. Directory.GetDirectories(_runs).Select(folder => Path.GetFileName(folder)).Order()];

    /// <summary>LAMB with its two slots, synchronized BatchNorm, two ranks: killed in the middle, and no record of the cluster is left.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_run_that_was_killed_goes_on_to_its_end_and_is_what_it_claims(string version)
    {
        using var folder = new RunFolder();
        Copy(version, "killed", folder["killed"]);
        // The newest is sealed, or has all its parts: there is one server.
        var saved = Directory.GetFiles(folder["killed/checkpoints"], "*.json", SearchOption.AllDirectories)
            .Max(file => long.Parse(Path.GetFileName(Path.GetDirectoryName(file)!)["step-".Length..], CultureInfo.InvariantCulture));
        var resumed = await DistTrainProcess.RunAsync("resume", folder["killed"], "--output", "json");
        Assert.Equal(200, resumed.Completed.GetProperty("steps").GetInt64());
        Assert.Contains(resumed.Events, e => e.GetProperty("event").GetString() == "log" && e.GetProperty("text").GetString()!.Contains($"goes on from step {saved};"));
        Verified.Counts(await Verified.CleanAsync(folder["killed"], resumed.WeightsSha256), steps: 200, examples: 6400);
    }

    /// <summary>What was saved is read bit by bit; what it says of the test set may differ in a few examples, as processors round differently.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_run_that_ended_is_what_it_claims_and_its_model_is_evaluated(string version)
    {
        using var folder = new RunFolder();
        Copy(version, "finished", folder["finished"]);
        var evaluated = await EvaluatedAsync(folder["finished/model.safetensors"]);
        Verified.Counts(await Verified.CleanAsync(folder["finished"], evaluated.GetProperty("weightsSha256").GetString()!), steps: 20, examples: 640);
        var then = File.ReadLines(folder["finished/metrics.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement)
            .Last(e => e.GetProperty("event").GetString() == "evaluation");
        Assert.Equal(then.GetProperty("examples").GetInt32(), evaluated.GetProperty("examples").GetInt32());
        Assert.Equal(then.GetProperty("accuracy").GetDouble(), evaluated.GetProperty("testAccuracy").GetDouble(), tolerance: 0.02);
        Assert.Equal(then.GetProperty("loss").GetDouble(), evaluated.GetProperty("testLoss").GetDouble(), tolerance: 0.01);
    }

    /// <summary>Variables of other code for the processor are set aside, as for the roles of a cluster: they would change the last digits.</summary>
    private static async Task<JsonElement> EvaluatedAsync(string path)
    {
        await using var eval = DistTrainProcess.StartWith(
            new Dictionary<string, string> { ["DNNL_DEFAULT_FPMATH_MODE"] = "BF16" }, "eval", path, "--output", "json");
        var code = await eval.ExitAsync(TimeSpan.FromMinutes(1));
        Assert.True(code == 0, $"exit code {code}\n{eval.Error}");
        Assert.Contains("DNNL_DEFAULT_FPMATH_MODE", eval.Error, StringComparison.Ordinal);
        return Assert.Single(eval.Events);
    }

    private static void Copy(string version, string run, string to)
    {
        var from = Path.Combine(_runs, version, run);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
