using System.Runtime.InteropServices;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>Parts are saved while training goes on, and a sealed set of them is the version it says.</summary>
[Trait("Kind", "Fast")]
public sealed class CheckpointSaverTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task Every_so_many_steps_and_at_the_end_a_part_is_saved()
    {
        var job = await new TinyJob(server, "steps=5", "checkpoint.everySteps=2").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 5; step++)
            await ranks.StepAsync(step);

        var part = (await job.SavedAsync(5))[0].Saved[^1];
        Assert.Equal([2, 4, 5], (await job.StatusAsync())[0].Saved.Select(p => p.Step));
        Assert.Equal((0, 0, 320, 1, 2 * 320 * sizeof(float)), (part.Server, part.FirstElement, part.Elements, part.Slots, part.Bytes));
        Assert.Equal((1, 8, 20), (part.Position.Epoch, part.Position.Cursor, part.Position.Examples));
    }

    [Fact]
    public async Task A_sealed_checkpoint_holds_weights_and_slots_of_its_step_though_training_went_on()
    {
        var job = await new TinyJob(server, "steps=3", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        // The next update follows at once; a bucket not copied yet is copied before it is touched.
        await ranks.StepAsync(1);
        await job.SealAsync(1, 1);

        var expected = ReferenceTraining.After(job, 1);
        var (folder, manifest) = CheckpointReader.Find(job.Folder);
        Assert.Equal((job.Id, 1, 1), (manifest.JobId, manifest.Generation, manifest.Step));
        Assert.Equal(TinyJob.Data, manifest.DataFingerprint);
        SameBits.Check(expected.Vector, CheckpointReader.ReadVector(folder, manifest));
        var file = MemoryMarshal.Cast<byte, float>(await File.ReadAllBytesAsync(Path.Combine(folder, manifest.Parts[0].File)));
        SameBits.Check(expected.Velocity, file[320..]);
    }

    [Fact]
    public async Task The_parts_of_several_servers_make_one_vector_and_no_temporary_file_is_left()
    {
        using var folder = new TempFolder();
        await using var first = await RealServer.StartAsync(folder.Path);
        await using var second = await RealServer.StartAsync(folder.Path);
        var job = await new TinyJob([first, second], "steps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await job.SealAsync(1, 1);

        var (found, manifest) = CheckpointReader.Find(job.Folder);
        Assert.Equal(["server-0.bin", "server-1.bin"], manifest.Parts.Select(p => p.File));
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, CheckpointReader.ReadVector(found, manifest));
        string[] files = [.. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Order()];
        Assert.Equal(["job.yaml", "manifest.json", "metrics.jsonl", "owner.json", "server-0.bin", "server-1.bin"], files);
    }

    [Fact]
    public async Task Sealing_deletes_older_checkpoints_but_those_to_keep()
    {
        var job = await new TinyJob(server, "steps=4", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        long[][] keep = [[1], [1, 2], [1, 3], [3, 4]];
        for (var step = 0L; step < 4; step++)
        {
            await ranks.StepAsync(step);
            var status = await job.SealAsync(step + 1, keep[step]);
            Assert.Empty(status[0].Saved);
            Assert.Equal(keep[step].Select(s => $"step-{s}"), Directory.EnumerateDirectories(Path.Combine(job.Folder, "checkpoints")).Select(d => Path.GetFileName(d)).Order());
        }

        Assert.Equal(4, CheckpointReader.Find(job.Folder).Manifest.Step);
        Assert.Equal(3, CheckpointReader.Find(Path.Combine(job.Folder, "checkpoints", "step-3")).Manifest.Step);
    }

    [Fact]
    public async Task A_sealing_that_comes_late_or_from_another_generation_brings_nothing_back()
    {
        var job = await new TinyJob(server, "steps=4", "checkpoint.everySteps=1").OpenAsync();
        SealCheckpointRequest first;
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.StepAsync(0);
            first = new SealCheckpointRequest { JobId = job.Id, Parts = { (await job.SavedAsync(1))[0].Saved }, Keep = { 1 } };
            await job.SealAsync(1, 1);
            await ranks.StepAsync(1);
            await job.SealAsync(2, 2);
            Assert.Empty((await server.Partitions.SealCheckpointAsync(first)).Error);
        }

        var checkpoints = Path.Combine(job.Folder, "checkpoints");
        Assert.Equal(["step-2"], Directory.EnumerateDirectories(checkpoints).Select(d => Path.GetFileName(d)));

        await job.RestoreAsync(2);
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.StepAsync(2);
            var old = (await job.SavedAsync(3))[0].Saved[0].Clone();
            old.Generation = 1;
            await server.Partitions.SealCheckpointAsync(new SealCheckpointRequest { JobId = job.Id, Parts = { old }, Keep = { 3 } });
        }

        Assert.Equal(["step-2", "step-3"], Directory.EnumerateDirectories(checkpoints).Select(d => Path.GetFileName(d)).Order());
        Assert.Equal(2, CheckpointReader.Find(job.Folder).Manifest.Step);
    }

    [Fact]
    public async Task A_save_that_fails_is_told_and_training_goes_on()
    {
        var job = await new TinyJob(server, "checkpoint.everySteps=1").OpenAsync();
        // A file where the folder should be.
        await File.WriteAllTextAsync(Path.Combine(job.Folder, "checkpoints"), "");
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all[0].Error.Length > 0, "the failed save is told");
        Assert.StartsWith("checkpoint of step 1: ", status[0].Error, StringComparison.Ordinal);
        await ranks.StepAsync(1);

        File.Delete(Path.Combine(job.Folder, "checkpoints"));
        await ranks.StepAsync(2);
        await Waiting.UntilAsync(job.StatusAsync, all => all[0].Saved.Count > 0 && all[0].Error.Length == 0, "the next save is told");
    }
}
