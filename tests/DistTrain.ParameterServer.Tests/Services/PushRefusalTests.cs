using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>A message that can't be right ends its stream with what is wrong, counts nothing, and the job goes on.</summary>
[Trait("Kind", "Fast")]
public sealed class PushRefusalTests(RealServer server) : IClassFixture<RealServer>
{
    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public Task A_bucket_that_does_not_exist(int bucket) =>
        RefusedAsync(
            rank =>
            {
                var message = rank.Chunk(0, 0);
                message.Gradient.Bucket = bucket;
                return rank.SendAsync(message, new float[64]);
            },
            $"bucket {bucket} is not one of this server's");

    [Fact]
    public async Task A_bucket_of_another_server()
    {
        var job = new TinyJob([server, server]);
        await server.Partitions.OpenAsync(job.Opening(1));
        await using var rank = await FakeRank.JoinAsync(job, 0, server: 1);
        await rank.PushAsync(0, 1);
        var end = await rank.EndAsync();
        Assert.Equal((StatusCode.FailedPrecondition, "bucket 1 is not one of this server's"), (end.StatusCode, end.Detail));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public Task A_payload_of_another_length(int length) =>
        RefusedAsync(rank => rank.SendAsync(rank.Chunk(0, 2), new float[length]), $"bucket 2 has 64 elements, the chunk {length}");

    [Fact]
    public Task Another_ranks_gradient() =>
        RefusedAsync(
            rank =>
            {
                var message = rank.Chunk(0, 2);
                message.Gradient.Contribution.Rank = 1;
                return rank.SendAsync(message, new float[64]);
            },
            "the stream of rank 0 brings a chunk of rank 1");

    [Fact]
    public Task A_step_that_is_not_open_yet() =>
        RefusedAsync(rank => rank.PushAsync(1, 0), "rank 0 pushes step 1, the open one is 0");

    [Fact]
    public Task A_version_that_does_not_exist() =>
        RefusedAsync(rank => rank.PullAsync(1), "rank 0 asks for version 1, the server holds 0");

    [Fact]
    public Task A_chunk_without_its_contribution_ended_no_stream_and_was_never_answered() =>
        RefusedAsync(
            rank =>
            {
                var message = rank.Chunk(0, 2);
                message.Gradient.Contribution = null;
                return rank.SendAsync(message, new float[64]);
            },
            "rank 0 pushes bucket 2 of step 0, of which it has not said its contribution");

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    public Task An_evaluation_of_another_rank_ended_no_stream_and_was_never_answered(int other) =>
        RefusedAsync(
            rank => rank.SendAsync(new RankMessage { Evaluation = new EvaluationReport { Rank = other } }),
            $"the stream of rank 0 brings an evaluation of rank {other}");

    [Fact]
    public Task An_evaluation_of_a_version_to_come() =>
        RefusedAsync(
            rank => rank.SendAsync(new RankMessage { Evaluation = new EvaluationReport { Version = 3 } }),
            "rank 0 evaluates version 3, the server holds 0");

    [Fact]
    public async Task A_payload_of_no_whole_number_of_floats_ended_no_stream_and_was_never_answered()
    {
        var job = await new TinyJob(server).OpenAsync();
        // The generated client, since a frame can't carry such a payload.
        using var call = new ParameterExchange.ParameterExchangeClient(server.Channel).Exchange();
        await call.RequestStream.WriteAsync(new RankMessage { Join = FakeRank.Joining(job, 0) });
        Assert.True(await call.ResponseStream.MoveNext(default).For("the rank is taken in"));
        await call.RequestStream.WriteAsync(new RankMessage { Gradient = new GradientChunk(), Payload = ByteString.CopyFrom(1, 2, 3) });
        var end = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default).For("the refusal"));
        Assert.Equal(StatusCode.InvalidArgument, end.StatusCode);
        Assert.Contains("a payload of 3 bytes is not a whole number of float32", end.Status.Detail, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(Func<FakeRank, Task> push, string reason)
    {
        var job = await new TinyJob(server).OpenAsync();
        await using (var rank = await FakeRank.JoinAsync(job, 0))
        {
            await push(rank);
            var end = await rank.EndAsync();
            Assert.Equal((StatusCode.FailedPrecondition, reason), (end.StatusCode, end.Detail));
        }

        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, ranks.Vector);
    }
}
