using System.Diagnostics;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Partitions;

/// <summary>Training ends at a step's end, and the version of that step is saved.</summary>
[Trait("Kind", "Fast")]
public sealed class StopTests : IAsyncLifetime
{
    private readonly RealServer _server = new() { StepPatience = TimeSpan.FromSeconds(20) };

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Without_ranks_the_committed_version_is_saved_at_once()
    {
        var job = await new TinyJob(_server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks.LeaveAsync();
        var watch = Stopwatch.StartNew();
        var status = (await job.StopAsync())[0];
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, _server.StepPatience);
        Assert.True(status.Stopped);
        Assert.Equal((1, 1), (status.Version, Assert.Single(status.Saved).Step));
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, await job.ReadVersionAsync());
    }

    [Fact]
    public async Task A_step_that_is_open_is_finished_and_the_version_after_it_saved()
    {
        var job = await new TinyJob(_server, "steps=1000000").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[0].PushAllAsync(1);
        await ranks[0].SettleAsync(1);
        var stopping = job.StopAsync();
        await ranks[1].PushAllAsync(1);
        var head = await ranks.ReceiveAsync(2);
        // Nothing says when the server has read the request: like real ranks, these go on until a head tells them the end, and leave.
        while (head.Take > 0)
            head = await ranks.StepAsync(head.Version);
        await ranks.LeaveAsync();

        var status = (await stopping)[0];
        Assert.True(status.Stopped);
        Assert.Equal(head.Version, status.Version);
        Assert.Contains(status.Saved, p => p.Step == head.Version);

        var expected = ReferenceTraining.After(job, head.Version).Vector;
        SameBits.Check(expected, await job.ReadVersionAsync());
        await job.SealAsync(head.Version, head.Version);
        var (folder, manifest) = CheckpointReader.Find(job.Folder);
        SameBits.Check(expected, CheckpointReader.ReadVector(folder, manifest));
    }

    /// <summary>What a rank still owes to one server would be lost, if the other ended its stream as soon as its own part of the step is closed.</summary>
    [Fact]
    public async Task A_server_that_has_closed_its_last_step_waits_for_ranks_that_still_push_to_others()
    {
        await using var other = await RealServer.StartAsync();
        var job = await new TinyJob([_server, other], "steps=1000000").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var stopping = _server.Partitions.StopAsync(job.Request).ResponseAsync;
        for (var step = 0L; ; step++)
        {
            await PushAsync(step, at: 0);
            var head = (await ranks[0].ReceiveVersionAsync(step + 1)).Head;
            await ranks[1].ReceiveVersionAsync(step + 1);
            if (head.Take == 0)
                break;
            await PushAsync(step, at: 1);
            await ranks[0, 1].ReceiveVersionAsync(step + 1);
            await ranks[1, 1].ReceiveVersionAsync(step + 1);
        }

        // The first server has closed its last step, the other waits for the gradients.
        var last = (await job.StatusAsync())[1].Version;
        await PushAsync(last, at: 1);
        foreach (var (rank, at) in new[] { (0, 0), (0, 1), (1, 0), (1, 1) })
        {
            await ranks[rank, at].CompleteAsync();
            Assert.Equal(Status.DefaultSuccess, await ranks[rank, at].EndAsync());
        }

        await stopping.For("the first server stops");
        Assert.All(await job.StopAsync(), s => Assert.Equal((true, last + 1, last + 1), (s.Stopped, s.Version, Assert.Single(s.Saved).Step)));
        SameBits.Check(ReferenceTraining.After(job, last + 1).Vector, await job.ReadVersionAsync());

        async Task PushAsync(long step, int at)
        {
            await ranks[0, at].PushAllAsync(step);
            await ranks[1, at].PushAllAsync(step);
        }
    }

    [Fact]
    public async Task A_rank_that_comes_back_while_training_ends_still_computes_the_open_step()
    {
        var job = await new TinyJob(_server, "steps=1000000").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var stopping = job.StopAsync();
        var head = ranks.Head;
        while (head.Take > 0)
        {
            await ranks[0].PushAllAsync(head.Version);
            await using var again = await FakeRank.JoinAsync(job, 1);
            await again.PullAsync(again.OpenStep);
            Assert.Equal(head, (await again.ReceiveVersionAsync(head.Version)).Head);
            await again.PushAllAsync(head.Version);
            head = (await ranks[0].ReceiveVersionAsync(head.Version + 1)).Head;
        }

        await ranks[0].CompleteAsync();
        Assert.Equal(head.Version, Assert.Single(await stopping).Version);
    }

    [Fact]
    public async Task A_step_that_cannot_close_is_given_up_and_its_half_is_not_saved()
    {
        await using var hasty = await RealServer.StartAsync();
        var job = await new TinyJob(hasty).OpenAsync();
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
        var job = await new TinyJob(_server).OpenAsync();
        await job.StopAsync();
        await using var late = FakeRank.Connect(job, 0);
        await late.SendAsync(new RankMessage { Join = FakeRank.Joining(job, 0) });
        var end = await late.EndAsync();
        Assert.Equal((StatusCode.Cancelled, "training has been stopped"), (end.StatusCode, end.Detail));
    }

    [Fact]
    public async Task Stopping_again_changes_nothing()
    {
        var job = await new TinyJob(_server).OpenAsync();
        var first = (await job.StopAsync())[0];
        Assert.Equal(first, (await job.StopAsync())[0]);
    }
}
