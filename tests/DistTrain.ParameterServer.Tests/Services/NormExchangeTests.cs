using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>How servers learn norms that span them. The test speaks as the job's second server, of which there is no real one.</summary>
[Trait("Kind", "Fast")]
public sealed class NormExchangeTests(RealServer server) : IClassFixture<RealServer>
{
    /// <summary>LARS asks for two sums a piece; the follower's buckets 2 to 4 have seven pieces.</summary>
    private const int Sums = 14;

    private NormExchange.NormExchangeClient Leader => new(server.Channel);

    [Fact]
    public async Task A_follower_whose_call_is_cut_asks_again_and_gets_the_same_answer()
    {
        var job = await LeaderAloneAsync("optimizer.name=lars");
        await using var ranks = await RanksAsync(job);
        var share = Share(job, NormRound.Tensors, Enumerable.Repeat(1.0, Sums));
        using (var cut = Leader.ShareAsync(share))
        {
            // The leader has no sums of its own yet: no answer can come.
            await ranks[0].SettleAsync(0);
            Assert.False(cut.ResponseAsync.IsCompleted);
        }

        foreach (var rank in ranks)
            await rank.PushAllAsync(0);
        var first = await Leader.ShareAsync(share).ResponseAsync.For("the leader has its own sums");
        Assert.Equal(share.Sums, first.Sums.TakeLast(Sums));
        // What is sent again is not what counts: the answer stands.
        var again = await Leader.ShareAsync(Share(job, NormRound.Tensors, Enumerable.Repeat(2.0, Sums))).ResponseAsync.For("the answer");
        Assert.Equal(first.Sums, again.Sums);
        foreach (var rank in ranks)
            await rank.ReceiveVersionAsync(1);

        // Nor is it forgotten while a follower may still be in that step.
        foreach (var rank in ranks)
            await rank.PushAllAsync(1);
        await Leader.ShareAsync(Share(job, NormRound.Tensors, Enumerable.Repeat(3.0, Sums), step: 1)).ResponseAsync.For("the next step's answer");
        var late = await Leader.ShareAsync(share).ResponseAsync.For("the answer");
        Assert.Equal(first.Sums, late.Sums);
    }

    [Fact]
    public async Task A_follower_whose_sums_do_not_fit_is_an_error_of_the_job()
    {
        var job = await LeaderAloneAsync("optimizer.name=lars");
        await using var ranks = await RanksAsync(job);
        foreach (var rank in ranks)
            await rank.PushAllAsync(0);
        await Leader.ShareAsync(Share(job, NormRound.Tensors, [1.0])).ResponseAsync.For("the answer");
        var status = await Waiting.UntilAsync(async () => await server.Partitions.GetStatusAsync(job.Request), s => s.Error.Length > 0, "the leader says what is wrong");
        Assert.Contains("sums for", status.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(1, 2)]
    public async Task Another_generation_and_a_server_that_is_no_follower_are_refused(long generation, int index)
    {
        var job = await LeaderAloneAsync("optimizer.name=lars");
        var share = Share(job, NormRound.Tensors, [1.0]);
        (share.Generation, share.Server) = (generation, index);
        await RefusedAsync(share, StatusCode.FailedPrecondition, $"server {index}, generation {generation} does not take part in job '{job.Id}' here");
    }

    [Fact]
    public async Task A_follower_is_not_the_one_to_ask()
    {
        var job = new TinyJob([server, server], "optimizer.name=lars");
        await server.Partitions.OpenAsync(job.Opening(server: 1));
        await RefusedAsync(Share(job, NormRound.Tensors, [1.0]), StatusCode.FailedPrecondition, $"server 1, generation 1 does not take part in job '{job.Id}' here");
    }

    [Fact]
    public Task A_job_that_is_not_here_is_not_found() =>
        RefusedAsync(new NormShare { JobId = "unknown", Generation = 1, Server = 1 }, StatusCode.NotFound, "job 'unknown' has no partition on this server");

    /// <summary>The follower's first call comes before the leader has the job: it asks again until it has.</summary>
    [Fact]
    public async Task A_leader_that_opens_late_is_waited_for()
    {
        await using var second = await RealServer.StartAsync();
        var job = new TinyJob([server, second], "optimizer.name=lars");
        await second.Partitions.OpenAsync(job.Opening(server: 1));
        for (var rank = 0; rank < job.Workers; rank++)
        {
            await using var stream = await FakeRank.JoinAsync(job, rank, server: 1);
            await stream.PushAllAsync(0);
            await stream.SettleAsync(0);
        }

        await server.Partitions.OpenAsync(job.Opening());
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var rank = 0; rank < job.Workers; rank++)
            await ranks[rank].PushAllAsync(0);
        await ranks.ReceiveAsync(1);
    }

    /// <summary>One of two servers has all gradients and waits for the other's sums, which never come.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_stop_ends_whoever_waits(int waiting)
    {
        await using var second = await RealServer.StartAsync();
        var job = await new TinyJob([server, second], "optimizer.name=lamb", "optimizer.variant=nvlamb").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var rank = 0; rank < job.Workers; rank++)
        {
            await ranks[rank, waiting].PushAllAsync(0);
            await ranks[rank, waiting].SettleAsync(0);
        }

        var status = await job.StopAsync();
        // The step is half done, here or there: there is no consistent version 1, and version 0 has no slots to go with it.
        Assert.All(status, s => Assert.Equal((true, 0, ""), (s.Stopped, s.Version, s.Error)));
        Assert.Empty(status[waiting].Saved);
        for (var rank = 0; rank < job.Workers; rank++)
        {
            for (var of = 0; of < 2; of++)
                Assert.Equal(StatusCode.Cancelled, (await ranks[rank, of].EndAsync()).StatusCode);
        }

        await job.ReleaseAsync();
    }

    private static NormShare Share(TinyJob job, NormRound round, IEnumerable<double> sums, long step = 0) =>
        new() { JobId = job.Id, Generation = 1, Server = 1, Step = step, Round = round, Sums = { sums } };

    /// <summary>A job of two servers, of which only the leader is there.</summary>
    private async Task<TinyJob> LeaderAloneAsync(params string[] overrides)
    {
        var job = new TinyJob([server, server], overrides);
        Assert.Equal(Sums, 2 * job.BucketsOf(1).Sum(b => b.Pieces.Length));
        await server.Partitions.OpenAsync(job.Opening());
        return job;
    }

    private static async Task<Streams> RanksAsync(TinyJob job)
    {
        var streams = new Streams();
        for (var rank = 0; rank < job.Workers; rank++)
            streams.Add(await FakeRank.JoinAsync(job, rank));
        return streams;
    }

    private async Task RefusedAsync(NormShare share, StatusCode code, string reason)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => Leader.ShareAsync(share).ResponseAsync.For("the refusal"));
        Assert.Equal((code, reason), (refused.StatusCode, refused.Status.Detail));
    }

    private sealed class Streams : List<FakeRank>, IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var stream in this)
                await stream.DisposeAsync();
        }
    }
}
