using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>A rank that does not belong is refused with what is wrong, and the job goes on.</summary>
[Trait("Kind", "Fast")]
public sealed class JoinRefusalTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public Task An_unknown_job() =>
        RefusedAsync(join => join.JobId = "nobody", StatusCode.NotFound, "job 'nobody' has no partition on this server");

    [Fact]
    public Task Another_generation() =>
        RefusedAsync(join => join.Generation = 7, StatusCode.Aborted, "generation 7 is fenced: the job runs generation 1");

    [Fact]
    public Task Another_layout() =>
        RefusedAsync(join => join.LayoutHash = "beef", StatusCode.FailedPrecondition, $"rank 0 brings parameter layout beef, the job has {TinyModel.Layout.Hash}");

    [Fact]
    public Task Other_data() =>
        RefusedAsync(join => join.DataFingerprint = "other", StatusCode.FailedPrecondition, $"rank 0 reads other data (other) than the job started with ({TinyJob.Data})");

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public Task A_rank_outside(int rank) =>
        RefusedAsync(join => join.Rank = rank, StatusCode.FailedPrecondition, $"rank {rank} is not one of the job's 2");

    [Fact]
    public async Task A_first_message_that_is_no_join()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var rank = FakeRank.Connect(job, 0);
        await rank.PullAsync(0);
        await CheckAsync(rank, StatusCode.InvalidArgument, "the first message of a stream must be a join");
        await ServesOnAsync(job);
    }

    [Fact]
    public async Task A_stream_without_a_message()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var rank = FakeRank.Connect(job, 0);
        await rank.CompleteAsync();
        await CheckAsync(rank, StatusCode.InvalidArgument, "the first message of a stream must be a join");
    }

    [Fact]
    public async Task A_second_join_on_the_same_stream()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var rank = await FakeRank.JoinAsync(job, 0);
        await rank.SendAsync(new RankMessage { Join = FakeRank.Joining(job, 0) });
        await CheckAsync(rank, StatusCode.InvalidArgument, "unexpected message Join");
        await ServesOnAsync(job);
    }

    private async Task RefusedAsync(Action<JoinRequest> spoil, StatusCode code, string reason)
    {
        var job = await new TinyJob(server).OpenAsync();
        var join = FakeRank.Joining(job, 0);
        spoil(join);
        await using var rank = FakeRank.Connect(job, 0);
        await rank.SendAsync(new RankMessage { Join = join });
        await CheckAsync(rank, code, reason);
        await ServesOnAsync(job);
    }

    private static async Task CheckAsync(FakeRank rank, StatusCode code, string reason)
    {
        var end = await rank.EndAsync();
        Assert.Equal((code, reason), (end.StatusCode, end.Detail));
    }

    private static async Task ServesOnAsync(TinyJob job)
    {
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, ranks.Vector);
    }
}
