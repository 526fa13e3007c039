using System.Diagnostics;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Partitions;

/// <summary>Training ends at a step's end, and the version of that step is saved.</summary>
public sealed class StopTests(RealServer server) : IClassFixture<RealServer>
{
    /// <summary>How long a server waits for an open step.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Without_ranks_the_committed_version_is_saved_at_once()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks.LeaveAsync();
        var watch = Stopwatch.StartNew();
        var status = (await job.StopAsync())[0];
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Patience);
        Assert.True(status.Stopped);
        Assert.Equal((1, 1), (status.Version, Assert.Single(status.Saved).Step));
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, await job.ReadVersionAsync());
    }

    [Fact]
    public async Task A_step_that_is_open_is_finished_and_the_version_after_it_saved()
    {
        var job = await new TinyJob(server, "steps=1000000").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[0].PushAllAsync(1);
        await ranks[0].SettleAsync(1);
        var stopping = job.StopAsync();
        await ranks[1].PushAllAsync(1);
        var head = await ranks.ReceiveAsync(2);
        // Nothing says when the server has read the request: like real ranks, these go on until a head tells them the end.
        while (head.Take > 0)
            head = await ranks.StepAsync(head.Version);

        var status = (await stopping)[0];
        Assert.True(status.Stopped);
        Assert.Equal(head.Version, status.Version);
        Assert.Contains(status.Saved, p => p.Step == head.Version);
        Assert.Equal(StatusCode.Cancelled, (await ranks[0].EndAsync()).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await ranks[1].EndAsync()).StatusCode);

        var expected = ReferenceTraining.After(job, head.Version).Vector;
        SameBits.Check(expected, await job.ReadVersionAsync());
        await job.SealAsync(head.Version, head.Version);
        var (folder, manifest) = CheckpointReader.Find(job.Folder);
        SameBits.Check(expected, CheckpointReader.ReadVector(folder, manifest));
    }

    [Fact]
    public async Task A_step_that_cannot_close_is_given_up_and_its_half_is_not_saved()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[0].PushAsync(1, 0);
        await ranks[1].PushAsync(1, 0);
        await ranks[0].SettleAsync(1);
        await ranks[1].SettleAsync(1);
        var status = (await job.StopAsync())[0];
        Assert.True(status.Stopped);
        Assert.Equal(1, status.Version);
        // Bucket 0's slots are those of version 2 already.
        Assert.Empty(status.Saved);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, await job.ReadVersionAsync());
    }

    [Fact]
    public async Task A_stopped_job_takes_no_rank_in()
    {
        var job = await new TinyJob(server).OpenAsync();
        await job.StopAsync();
        await using var late = FakeRank.Connect(job, 0);
        await late.SendAsync(new RankMessage { Join = FakeRank.Joining(job, 0) });
        var end = await late.EndAsync();
        Assert.Equal((StatusCode.Cancelled, "training has been stopped"), (end.StatusCode, end.Detail));
    }

    [Fact]
    public async Task Stopping_again_changes_nothing()
    {
        var job = await new TinyJob(server).OpenAsync();
        var first = (await job.StopAsync())[0];
        Assert.Equal(first, (await job.StopAsync())[0]);
    }
}
