using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Ranks;

/// <summary>Each rank's gradient counts once, however often it is sent, and a rank that comes back gets what it missed.</summary>
[Trait("Kind", "Fast")]
public sealed class ReplayTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task A_chunk_that_is_pushed_twice_counts_once()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks[0].PushAllAsync(0);
        await ranks[0].PushAllAsync(0);
        await ranks[0].SettleAsync(0);
        await ranks[1].PushAllAsync(0);
        await ranks.ReceiveAsync(1);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, ranks.Vector);
        Assert.Equal(1, (await job.StatusAsync())[0].Version);
    }

    [Fact]
    public async Task A_push_of_a_closed_step_is_answered_with_the_current_version_and_changes_nothing()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(2);
        await ranks[1].PushAllAsync(1);
        var again = await ranks[1].ReceiveVersionAsync(2);
        var expected = ReferenceTraining.After(job, 2);
        foreach (var bucket in job.Layout.Buckets)
            SameBits.Check(expected.Vector.AsSpan(bucket.Offset, bucket.Length), again.Buckets[bucket.Index]);
        Assert.Equal(2, again.Head.Version);

        await ranks.StepAsync(2);
        expected.Step(2);
        SameBits.Check(expected.Vector, ranks.Vector);
    }

    [Fact]
    public async Task A_newer_stream_of_a_rank_ends_the_older_one()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var first = await FakeRank.JoinAsync(job, 0, membership: 3);
        await using var second = await FakeRank.JoinAsync(job, 0, membership: 3);
        Assert.Equal(StatusCode.Aborted, (await first.EndAsync()).StatusCode);
        await using var third = await FakeRank.JoinAsync(job, 0, membership: 4);
        Assert.Equal(StatusCode.Aborted, (await second.EndAsync()).StatusCode);
        await third.PullAsync(0);
        Assert.Equal(0, (await third.ReceiveVersionAsync(0)).Head.Version);
    }

    /// <summary>It was declared dead while it hung; the two would end each other in turns.</summary>
    [Fact]
    public async Task A_silo_that_has_seen_less_of_the_cluster_does_not_take_its_rank_back()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var late = FakeRank.Connect(job, 0);
        await using (var lives = await FakeRank.JoinAsync(job, 0, membership: 4))
        {
            await late.SendAsync(new RankMessage { Join = FakeRank.Joining(job, 0, membership: 3) });
            var end = await late.EndAsync();
            Assert.Equal((StatusCode.Aborted, "rank 0 lives on another silo by now"), (end.StatusCode, end.Detail));
            await lives.PullAsync(0);
            Assert.Equal(0, (await lives.ReceiveVersionAsync(0)).Head.Version);
        }

        // Nobody is there to be superseded: whoever comes may have the rank, e.g. after the cluster's file was lost.
        await using var back = (await Waiting.UntilAsync(() => TryJoinAsync(job), rank => rank is not null, "the rank is taken in once the other stream has ended"))!;
        await back.PullAsync(0);
        Assert.Equal(0, (await back.ReceiveVersionAsync(0)).Head.Version);
    }

    [Fact]
    public async Task A_rank_whose_stream_was_cut_replays_the_open_step_and_gets_the_buckets_stepped_while_it_was_away()
    {
        var job = await new TinyJob(server).OpenAsync();
        var expected = ReferenceTraining.After(job, 2);
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        foreach (var bucket in new[] { 0, 1, 2 })
            await ranks[0].PushAsync(1, bucket);
        await ranks[0].SettleAsync(1);
        await ranks[0].DisposeAsync();

        // Buckets 0 to 2 are stepped while rank 0 is away, 3 and 4 wait for it.
        await ranks[1].PushAllAsync(1);
        await ranks[1].SettleAsync(1);

        await using var back = await FakeRank.JoinAsync(job, 0);
        Assert.Equal(1, back.OpenStep);
        await back.PullAsync(1);
        var replayed = await back.ReceiveVersionAsync(1);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector.AsSpan(0, 64), replayed.Buckets[0]);
        await back.PushAllAsync(1);
        var next = await back.ReceiveVersionAsync(2);
        foreach (var bucket in job.Layout.Buckets)
            SameBits.Check(expected.Vector.AsSpan(bucket.Offset, bucket.Length), next.Buckets[bucket.Index]);
        Assert.Equal(2, (await job.StatusAsync())[0].Version);
    }

    [Fact]
    public async Task A_rank_that_was_away_when_its_step_closed_starts_from_the_next()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks[0].PushAllAsync(0);
        await ranks[0].SettleAsync(0);
        await ranks[0].DisposeAsync();
        await ranks[1].PushAllAsync(0);
        await ranks[1].ReceiveVersionAsync(1);

        await using var back = await FakeRank.JoinAsync(job, 0);
        Assert.Equal(1, back.OpenStep);
    }

    [Fact]
    public async Task A_newer_stream_of_a_rank_supersedes_the_older()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await using var newer = await FakeRank.JoinAsync(job, 0);
        var end = await ranks[0].EndAsync();
        Assert.Equal(StatusCode.Aborted, end.StatusCode);
        Assert.Contains("superseded by a newer stream of the same rank", end.Detail, StringComparison.Ordinal);

        await newer.PushAllAsync(0);
        await ranks[1].PushAllAsync(0);
        await newer.ReceiveVersionAsync(1);
        await ranks[1].ReceiveVersionAsync(1);
    }

    [Fact]
    public async Task A_rank_that_fell_behind_on_one_of_two_servers_replays_from_the_lower_open_step()
    {
        await using var second = await RealServer.StartAsync();
        var job = await new TinyJob([server, second]).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks[1, 0].PushAllAsync(0);
        await ranks[1, 1].PushAllAsync(0);
        // Rank 0 dies when the first server has all of its gradient and the second has none.
        await ranks[0, 0].PushAllAsync(0);
        await ranks[0, 0].ReceiveVersionAsync(1);
        await ranks[0, 0].DisposeAsync();
        await ranks[0, 1].DisposeAsync();

        await using var ahead = await FakeRank.JoinAsync(job, 0, server: 0);
        await using var behind = await FakeRank.JoinAsync(job, 0, server: 1);
        Assert.Equal((1, 0), (ahead.OpenStep, behind.OpenStep));
        FakeRank[] both = [ahead, behind];
        foreach (var stream in both)
        {
            await stream.PullAsync(0);
            await stream.ReceiveVersionAsync(0);
        }

        var expected = ReferenceTraining.After(job, 1).Vector;
        foreach (var stream in both)
        {
            await stream.PushAllAsync(0);
            foreach (var (bucket, values) in (await stream.ReceiveVersionAsync(1)).Buckets)
                SameBits.Check(expected.AsSpan(64 * bucket, 64), values);
        }
    }

    private static async Task<FakeRank?> TryJoinAsync(TinyJob job)
    {
        try
        {
            return await FakeRank.JoinAsync(job, 0, membership: 3);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
        {
            return null;
        }
    }
}
