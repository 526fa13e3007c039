using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Tests.Processes;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>A save that does not end holds the next one back, and nothing is lost by it.</summary>
[Trait("Kind", "Process")]
public sealed class HeldSaveTests(RealServer server) : IClassFixture<RealServer>
{
    /// <summary>The file of the first part is a pipe that nobody reads: its save stands still.</summary>
    [Fact]
    public async Task Ranks_wait_where_a_save_is_due_and_the_one_before_is_still_running()
    {
        var job = await new TinyJob(server, "steps=6", "checkpoint.everySteps=2").OpenAsync();
        var pipe = Path.Combine(Directory.CreateDirectory(Path.Combine(job.Folder, "checkpoints", "step-2")).FullName, "server-0.bin.tmp");
        await Tool.RunAsync("mkfifo", pipe);
        await using var ranks = await RankGroup.AttachAsync(job);
        var training = ranks.TrainAsync(6);
        await Waiting.UntilAsync(job.StatusAsync, all => all[0].Version == 4, "the step of the second save is committed");
        // As many answers as it takes steps to the end: without waiting, the ranks would be there.
        for (var i = 0; i < 10; i++)
            Assert.Equal((4, 0), ((await job.StatusAsync())[0].Version, (await job.StatusAsync())[0].Saved.Count));
        Assert.False(training.IsCompleted);
        Assert.Equal(2, (await job.StatusAsync())[0].AwaitedSave);

        // A process of its own, since a reader in .NET would lock what the server opens for itself alone.
        await Tool.RunAsync("dd", $"if={pipe}", "of=/dev/null", "status=none");
        await training.For("the ranks go on");
        await Waiting.UntilAsync(job.StatusAsync, all => !all[0].HasAwaitedSave, "no save is waited for");
        Assert.Equal([2, 4, 6], (await job.SavedAsync(6))[0].Saved.Select(p => p.Step));
        await job.SealAsync(4, 4);
        var (folder, manifest) = CheckpointReader.Find(Path.Combine(job.Folder, "checkpoints", "step-4"));
        SameBits.Check(ReferenceTraining.After(job, 4).Vector, CheckpointReader.ReadVector(folder, manifest));
    }
}
