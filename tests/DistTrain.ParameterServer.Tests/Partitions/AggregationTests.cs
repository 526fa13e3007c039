using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Partitions;

/// <summary>Aggregation and update through real streams give the bits of the same computed in one place.</summary>
[Trait("Kind", "Fast")]
public sealed class AggregationTests(RealServer server) : IClassFixture<RealServer>
{
    [Theory]
    [InlineData(1, "batch=4")]
    [InlineData(2, "optimizer.weightDecay=0.01")]
    [InlineData(3, "optimizer.momentum=0.5")]
    [InlineData(4, "optimizer.momentum=0")]
    [InlineData(7, "batch=12")]
    public async Task The_sum_over_ranks_and_the_update_equal_the_reference(int workers, string option)
    {
        var job = await new TinyJob(server, "batch=8", $"workers={workers}", option) { TrainExamples = 24 }.OpenAsync();
        var reference = new ReferenceTraining(job);
        await using var ranks = await RankGroup.AttachAsync(job);
        SameBits.Check(reference.Vector, ranks.Vector);
        for (var step = 0L; step < 3; step++)
        {
            await ranks.StepAsync(step);
            reference.Step(step);
            SameBits.Check(reference.Vector, ranks.Vector);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Any_order_of_ranks_and_buckets_gives_the_same_bits(int seed)
    {
        var job = await new TinyJob(server, "workers=5", "batch=6").OpenAsync();
        var random = new Random(seed);
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 2; step++)
        {
            var order = (from rank in Enumerable.Range(0, 5) from bucket in job.Layout.Buckets select (rank, bucket.Index)).ToArray();
            random.Shuffle(order);
            await ranks.StepAsync(step, order);
        }

        SameBits.Check(ReferenceTraining.After(job, 2).Vector, ranks.Vector);
    }

    [Fact]
    public async Task Ranks_that_push_at_once_give_the_same_bits()
    {
        var job = await new TinyJob(server, "workers=4", "steps=20").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 20; step++)
        {
            var (now, group) = (step, ranks);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(rank => Task.Run(() => group[rank].PushAllAsync(now)))).For("all ranks push");
            await ranks.ReceiveAsync(step + 1);
        }

        SameBits.Check(ReferenceTraining.After(job, 20).Vector, ranks.Vector);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public async Task Several_servers_give_the_bits_of_one(int count)
    {
        var servers = new List<RealServer>();
        try
        {
            for (var i = 0; i < count; i++)
                servers.Add(await RealServer.StartAsync());
            var job = await new TinyJob(servers).OpenAsync();
            await using var ranks = await RankGroup.AttachAsync(job);
            await ranks.TrainAsync(3);
            var expected = ReferenceTraining.After(job, 3).Vector;
            SameBits.Check(expected, ranks.Vector);
            await ranks.LeaveAsync();
            await job.StopAsync();
            SameBits.Check(expected, await job.ReadVersionAsync());
        }
        finally
        {
            foreach (var started in servers)
                await started.DisposeAsync();
        }
    }
}
