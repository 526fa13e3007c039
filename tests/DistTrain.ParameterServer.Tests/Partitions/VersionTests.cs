using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Partitions;

/// <summary>A version is seen whole or not at all, and stays as long as a rank may need it.</summary>
[Trait("Kind", "Fast")]
public sealed class VersionTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task The_head_of_a_version_comes_behind_all_its_buckets()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks[1].PushAllAsync(0);
        var last = job.Layout.Buckets.Count - 1;
        // In reverse, so that the order of arrival is not the order of the vector; the first bucket is kept back.
        for (var bucket = last; bucket > 0; bucket--)
            await ranks[0].PushAsync(0, bucket);
        for (var bucket = last; bucket > 0; bucket--)
            Assert.Equal((1, bucket), await NextBucketAsync(ranks[0]));
        Assert.Equal(0, (await job.StatusAsync())[0].Version);

        await ranks[0].PushAsync(0, 0);
        Assert.Equal((1, 0), await NextBucketAsync(ranks[0]));
        var head = (await ranks[0].ReceiveAsync("the head"))!.Message.Head;
        Assert.Equal(1, head.Version);
        Assert.Equal(1, (await job.StatusAsync())[0].Version);
    }

    [Fact]
    public async Task Heads_tell_the_position_of_each_version_and_the_end()
    {
        // 12 examples in steps of 8: an epoch ends with a step of 4.
        var job = await new TinyJob(server, "batch=8").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var first = await ranks.StepAsync(0);
        Assert.Equal((1, 4), (first.Version, first.Take));
        Assert.Equal(new DataPosition { Cursor = 8, Examples = 8 }, first.Position);
        var second = await ranks.StepAsync(1, examples: [1, 3]);
        Assert.Equal((2, 8), (second.Version, second.Take));
        Assert.Equal(new DataPosition { Epoch = 1, Examples = 12 }, second.Position);
        var third = await ranks.StepAsync(2);
        Assert.Equal((3, 0), (third.Version, third.Take));
        var status = (await job.StatusAsync())[0];
        Assert.Equal((3, 3, true), (status.Version, status.TotalSteps, status.Finished));
    }

    [Fact]
    public async Task A_version_can_be_pulled_until_the_step_after_it_is_stepped()
    {
        var job = await new TinyJob(server).OpenAsync();
        var reference = ReferenceTraining.After(job, 1);
        var expected = reference.Vector.ToArray();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(2);
        await ranks[0].PullAsync(1);
        var before = await ranks[0].ReceiveVersionAsync(1);
        Assert.Equal(1, before.Head.Position.Cursor / job.Job.Spec.Batch);
        foreach (var bucket in job.Layout.Buckets)
            SameBits.Check(expected.AsSpan(bucket.Offset, bucket.Length), before.Buckets[bucket.Index]);

        await ranks.StepAsync(2);
        await ranks[0].PullAsync(1);
        var end = await ranks[0].EndAsync();
        Assert.Equal(StatusCode.FailedPrecondition, end.StatusCode);
        Assert.Equal("rank 0 asks for version 1, the server holds 3", end.Detail);
    }

    [Fact]
    public async Task A_version_that_is_being_written_over_is_refused_instead_of_sent_half_new()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(1);
        // One bucket of version 2 now lies where version 0 was.
        await ranks[0].PushAsync(1, 3);
        await ranks[1].PushAsync(1, 3);
        Assert.Equal((2, 3), await NextBucketAsync(ranks[0]));
        await ranks[0].PullAsync(0);
        var end = await ranks[0].EndAsync();
        Assert.Equal(StatusCode.FailedPrecondition, end.StatusCode);
        Assert.Equal("rank 0 asks for version 0, the server holds 1", end.Detail);
    }

    private static async Task<(long Version, int Bucket)> NextBucketAsync(FakeRank rank)
    {
        var chunk = (await rank.ReceiveAsync("a bucket"))!.Message.Parameters;
        return chunk is null ? (-1, -1) : (chunk.Version, chunk.Bucket);
    }
}
