using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Crashes;
using DistTrain.ParameterServer.Tests.Fixtures;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>A disk without space fails saves, which say so; it fails no step and spoils no checkpoint.</summary>
[Trait("Kind", "Process")]
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecordedDisk _disk;

    public FullDiskTests() => _disk = new RecordedDisk(_folder.Path);

    public void Dispose() => _folder.Dispose();

    /// <summary>The disk is full for one call: each call that may need space, from the second save on.</summary>
    [Fact]
    public async Task Each_write_may_fail_and_the_next_checkpoint_is_complete()
    {
        await using var server = new RealServer { Folder = _folder.Path, Disk = _disk };
        await server.InitializeAsync();
        var failed = 0;
        for (var index = 1; await IsReachedAsync(server, index); index++)
            failed++;
        // Seven at least: the folder, the part, its description and the manifest are made, written and renamed.
        Assert.InRange(failed, 12, int.MaxValue);
    }

    [Fact]
    public async Task Training_goes_on_while_the_disk_stays_full()
    {
        await using var server = new RealServer { Folder = _folder.Path, Disk = _disk };
        await server.InitializeAsync();
        var job = await new TinyJob(server, "steps=5", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await job.SealAsync(1, 1);
        _disk.Fault = call => NeedsSpace(call) ? NoSpace() : null;
        for (var step = 1L; step < 4; step++)
            await ranks.StepAsync(step);
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all[0].Error.Contains("step 4", StringComparison.Ordinal), "the last save is told");
        Assert.Equal("checkpoint of step 4: No space left on device", status[0].Error);
        Assert.Empty(status[0].Saved);
        Check(job, 1);

        _disk.Fault = _ => null;
        await ranks.StepAsync(4);
        Assert.Empty((await job.SealAsync(5, 5))[0].Error);
        Check(job, 5);
        await job.StopAsync();
        Assert.Equal(5, File.ReadLines(Path.Combine(job.Folder, "metrics.jsonl")).Count());
    }

    [Fact]
    public async Task A_job_that_cannot_be_opened_says_why_and_is_opened_later()
    {
        await using var server = new RealServer { Folder = _folder.Path, Disk = _disk };
        await server.InitializeAsync();
        var job = new TinyJob(server);
        _disk.Fault = call => NeedsSpace(call) ? NoSpace() : null;
        var refused = await Assert.ThrowsAsync<RpcException>(job.OpenAsync);
        Assert.Equal((StatusCode.Unavailable, $"the folder of job '{job.Id}': No space left on device"), (refused.StatusCode, refused.Status.Detail));

        _disk.Fault = _ => null;
        await job.OpenAsync();
    }

    private static IOException NoSpace() => new("No space left on device");

    private static bool NeedsSpace(DiskCall call) => call.What is "create folder" or "create" or "write" or "flush" or "move" or "flush folder";

    /// <summary>Trains a job whose second save or sealing fails at one call.</summary>
    /// <returns>False where there are not so many.</returns>
    private async Task<bool> IsReachedAsync(RealServer server, int index)
    {
        var job = await new TinyJob(server, "steps=3", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await job.SealAsync(1, 1);

        var left = index;
        _disk.Fault = call => NeedsSpace(call) && Interlocked.Decrement(ref left) == 0 ? NoSpace() : null;
        await ranks.StepAsync(1);
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all[0].Saved.Count > 0 || all[0].Error.Length > 0, "the save ends");
        if (status[0].Error.Length == 0)
            status = await job.SealAsync(2, 2);
        _disk.Fault = _ => null;
        var isReached = left <= 0;
        if (isReached)
        {
            Assert.Equal("checkpoint of step 2: No space left on device", status[0].Error);
            // Sealed or not: what is not is offered no more than it was.
            Check(job, File.Exists(Path.Combine(job.Folder, "checkpoints", "step-2", CheckpointManifest.FileName)) ? 2 : 1);
        }

        await ranks.StepAsync(2);
        Assert.Empty((await job.SealAsync(3, 3))[0].Error);
        Check(job, 3);
        await job.StopAsync();
        return isReached;
    }

    /// <summary>The newest checkpoint is that of a step, with its bits.</summary>
    private static void Check(TinyJob job, long step)
    {
        var (folder, manifest) = CheckpointReader.Find(job.Folder);
        Assert.Equal(step, manifest.Step);
        SameBits.Check(ReferenceTraining.After(job, step).Vector, CheckpointReader.ReadVector(folder, manifest));
    }
}
