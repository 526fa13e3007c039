namespace DistTrain.EndToEnd.Tests;

/// <summary>Jobs that start from what another has saved (<c>spec.from</c>).</summary>
[Collection(DisturbedRuns.Name)]
[Trait("Kind", "Process")]
public class StartTests(UndisturbedRun undisturbed, StandingClusters clusters)
{
    private const int Fork = 40;

    private static readonly string[] _settings = [.. UndisturbedRun.Settings];

    /// <summary>Also where all processes are killed, and what it started from is gone.</summary>
    [Fact]
    public async Task A_job_from_a_checkpoint_with_slots_and_position_ends_as_one_trained_through()
    {
        using var folder = new RunFolder();
        await clusters.RunAsync(folder, "first", silos: 2, servers: 2, [.. _settings, $"steps={Fork}"]);
        string[] onwards = [.. _settings, "checkpoint.everySteps=0", $"from={{checkpoint: {folder["first"]}, slots: keep, position: keep}}"];
        var arguments = Training.Arguments(folder, "second", silos: 2, servers: 1, onwards).ToArray();
        await using (var train = DistTrainProcess.Start(arguments))
        {
            await train.StepAsync(Fork + 20);
            await train.KillAllAsync();
        }

        // Its first checkpoint is what it started from: complete, or about to be.
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder["second"], "checkpoints", $"step-{Fork}"), "*.json"));
        Directory.Delete(Directory.ResolveLinkTarget(Path.Combine(folder["first"], "checkpoints"), returnFinalTarget: true)!.FullName, recursive: true);
        var resumed = await DistTrainProcess.RunAsync([.. arguments, "--resume"]);
        Assert.Equal(undisturbed.WeightsSha256, resumed.WeightsSha256);
        var (whole, lines) = (History.WithoutMemory(undisturbed.Lines), History.WithoutMemory(History.Of(folder["second"])));
        Assert.Equal(whole.Skip(whole.Count - lines.Count), lines);
        await Verified.CleanAsync(folder["second"], resumed.WeightsSha256);
    }

    /// <summary>As <c>diagnose --escape</c> writes one, or a download.</summary>
    [Fact]
    public async Task A_job_from_a_model_file_has_the_same_bits_on_any_processes_and_knows_what_it_started_from()
    {
        using var folder = new RunFolder();
        string[] settings = [.. Training.Short("model.name=mlp", "model.norm=batch")];
        var first = await clusters.RunAsync(folder, "first", silos: 1, servers: 1, settings);
        var model = Path.Combine(folder["first"], "model.safetensors");
        string[] tuned = [.. settings, "optimizer={name: adam, lr: 0.001}", $"from.checkpoint={model}"];
        var one = await Training.RunAsync(folder, "one", silos: 1, servers: 1, tuned);
        Assert.Equal(one.WeightsSha256, (await clusters.RunAsync(folder, "two", silos: 3, servers: 1, tuned)).WeightsSha256);
        Assert.NotEqual(first.WeightsSha256, one.WeightsSha256);
        Assert.Contains(first.WeightsSha256, await File.ReadAllTextAsync(Path.Combine(folder["one"], "job.yaml")), StringComparison.Ordinal);
        await Verified.CleanAsync(folder["one"], one.WeightsSha256);

        // Under other names there and back it is the same start.
        var theirs = folder["theirs.safetensors"];
        var exported = await DistTrainProcess.RunAsync(["export", model, "--to", "safetensors", "--names", "pytorch", "--out", theirs, "--output", "json"]);
        Assert.Equal(0, exported.ExitCode);
        var named = await clusters.RunAsync(folder, "named", silos: 2, servers: 2, [.. settings, "optimizer={name: adam, lr: 0.001}", $"from={{file: {theirs}, names: pytorch}}"]);
        Assert.Equal(one.WeightsSha256, named.WeightsSha256);

        var other = await DistTrainProcess.RunAsync([.. Training.Arguments(folder, "other", 1, 1, [.. tuned, "model.norm=none", "from.slots=keep"])]);
        Assert.Equal(2, other.ExitCode);
        var problems = other.Events[^1].GetProperty("problems").EnumerateArray().Select(p => p.GetString()!).ToList();
        Assert.Equal(2, problems.Count);
        Assert.Contains("unexpected: norm1.running_mean F32", problems[0], StringComparison.Ordinal);
        Assert.Contains("is a model file, which has no slots", problems[1], StringComparison.Ordinal);
    }
}
