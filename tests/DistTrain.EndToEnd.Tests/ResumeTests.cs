using System.Globalization;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A run that was cut short goes on from its checkpoints, and ends as if nothing had happened.</summary>
[Collection(DisturbedRuns.Name)]
[Trait("Kind", "Process")]
public class ResumeTests(UndisturbedRun undisturbed, StandingClusters clusters)
{
    private static readonly string[] _settings = [.. UndisturbedRun.Settings];

    [Fact]
    public async Task After_all_processes_were_killed_at_once_the_run_goes_on_to_the_same_weights_and_history()
    {
        using var folder = new RunFolder();
        await using (var train = DistTrainProcess.Start(Training.Arguments(folder, "killed", silos: 2, servers: 1, _settings)))
        {
            await train.StepAsync(50);
            await train.KillAllAsync();
        }

        var other = await DistTrainProcess.RunAsync("resume", folder["killed"], "--output", "json", "--set", "seed=2", "--set", "workers=3");
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("spec.seed: 1 before, 2 now", other.Error);
        Assert.Contains("spec.workers: 4 before, 3 now", other.Error);

        var resumed = await DistTrainProcess.RunAsync("resume", folder["killed"], "--output", "json");
        Assert.Equal(undisturbed.WeightsSha256, resumed.WeightsSha256);
        Assert.Equal(undisturbed.Lines, History.Of(folder["killed"]));
        Assert.InRange(resumed.Completed.GetProperty("redoneSteps").GetInt64(), 0, 30);
    }

    [Fact]
    public async Task A_cancelled_run_whose_records_are_lost_goes_on_with_other_processes()
    {
        using var folder = new RunFolder();
        await using (var train = DistTrainProcess.Start(Training.Arguments(folder, "cancelled", silos: 1, servers: 2, _settings)))
        {
            await train.StepAsync(20);
            train.Signal(2);
            Assert.Equal(130, await train.ExitAsync(TimeSpan.FromMinutes(1)));
        }

        Directory.Delete(Path.Combine(folder["cancelled"], "cluster"), recursive: true);
        var arguments = Training.Arguments(folder, "cancelled", silos: 1, servers: 1, _settings).ToArray();
        var other = await DistTrainProcess.RunAsync([.. arguments, "--set", "dataset.trainExamples=300", "--resume"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("spec.dataset.trainExamples: 450 before, 300 now", other.Error);

        var resumed = await DistTrainProcess.RunAsync([.. arguments, "--resume"]);
        Assert.Equal(undisturbed.WeightsSha256, resumed.WeightsSha256);
        Assert.Equal(undisturbed.Lines, History.Of(folder["cancelled"]));
    }

    /// <summary>One with a flipped byte, one cut short, one without its manifest: the one before them is good, until that is cut short too.</summary>
    [Fact]
    public async Task Damaged_checkpoints_are_named_and_the_one_before_is_used_and_where_all_are_nothing_is_overwritten()
    {
        // Longer than the others' job: a checkpoint is complete within a second, and three are wanted before the run is over.
        string[] settings = [.. _settings, "checkpoint.keep=4", "steps=500"];
        using var folder = new RunFolder();
        var whole = await clusters.RunAsync(folder, "whole", silos: 1, servers: 1, settings);
        await using (var train = DistTrainProcess.Start(Training.Arguments(folder, "killed", silos: 1, servers: 2, settings)))
        {
            // Those that follow each other closely make one: each is complete some steps later.
            await train.StepAsync(40);
            for (var step = 50; Directory.GetFiles(CheckpointsOf("killed"), "manifest.json", SearchOption.AllDirectories).Length < 3; step += 10)
                await train.StepAsync(step);
            await train.KillAllAsync();
        }

        foreach (var unfinished in Directory.GetDirectories(CheckpointsOf("killed")).Where(d => !File.Exists(Path.Combine(d, "manifest.json"))))
            Directory.Delete(unfinished, recursive: true);
        var steps = Directory.GetDirectories(CheckpointsOf("killed")).Select(d => int.Parse(Path.GetFileName(d)["step-".Length..], CultureInfo.InvariantCulture)).Order().ToArray();
        Assert.InRange(steps.Length, 3, 4);
        foreach (var (index, step) in steps.Skip(1).Index())
            Damage(Path.GetDirectoryName(Part("killed", step))!, index % 3);
        Copy(folder["killed"], folder["spoiled"]);

        var resumed = await DistTrainProcess.RunAsync("resume", folder["killed"], "--output", "json");
        Assert.Equal(whole.WeightsSha256, resumed.WeightsSha256);
        Assert.Equal(History.Of(folder["whole"]), History.Of(folder["killed"]));
        var said = string.Join('\n', resumed.Events.Where(e => e.GetProperty("event").GetString() == "log").Select(e => e.GetProperty("text").GetString()));
        Assert.All(steps.Skip(1), step => Assert.Contains($"checkpoints/step-{step}", said));

        Cut(Part("spoiled", steps[0]));
        var before = Contents(folder["spoiled"]);
        var refused = await DistTrainProcess.RunAsync("resume", folder["spoiled"], "--output", "json");
        Assert.Equal(1, refused.ExitCode);
        var error = refused.Events[^1].GetProperty("error").GetString()!;
        Assert.Contains("no checkpoint can be used, and nothing was overwritten", error);
        Assert.All(steps, step => Assert.Contains($"checkpoints/step-{step}", error));
        Assert.Equal(before, Contents(folder["spoiled"]));

        string CheckpointsOf(string run) => Path.Combine(folder[run], "checkpoints");
        string Part(string run, int step) => Path.Combine(CheckpointsOf(run), $"step-{step}", "server-0.bin");
    }

    [Fact]
    public async Task A_folder_serves_one_command_at_a_time()
    {
        using var folder = new RunFolder();
        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "run", silos: 1, servers: 1, [.. _settings, "steps=1000000"]));
        await train.StepAsync(1);
        var second = await DistTrainProcess.RunAsync("resume", folder["run"]);
        Assert.Equal(2, second.ExitCode);
        Assert.Contains("another command is running this job", second.Error);
        train.Signal(2);
        Assert.Equal(130, await train.ExitAsync(TimeSpan.FromMinutes(1)));
    }

    private static void Damage(string checkpoint, int how)
    {
        var part = Path.Combine(checkpoint, "server-0.bin");
        if (how == 0)
            Cut(part);
        else if (how == 1)
            Flip(part);
        else
            Array.ForEach(Directory.GetFiles(checkpoint, "*.json"), File.Delete);
    }

    private static void Flip(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    private static void Cut(string file)
    {
        using var stream = File.OpenWrite(file);
        stream.SetLength(stream.Length / 2);
    }

    /// <summary>Without the locks: a process that was killed has its own for a moment longer.</summary>
    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Checkpoints and history.</summary>
    private static List<(string Name, string Contents)> Contents(string run) =>
    [
        .. Directory.GetFiles(Path.Combine(run, "checkpoints"), "*", SearchOption.AllDirectories).Append(Path.Combine(run, "metrics.jsonl")).Order()
            .Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)))),
    ];
}
