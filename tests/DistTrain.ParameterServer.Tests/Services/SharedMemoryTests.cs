using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>Memory that a rank and a server both see, beside ranks whose floats come in messages: each rule that keeps the bits and the processes.</summary>
[Trait("Kind", "Fast")]
public sealed class SharedMemoryTests(RealServer server) : IClassFixture<RealServer>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Where_gradients_are_changes_no_bit(int workers)
    {
        foreach (var shares in new Func<int, bool>[] { _ => true, rank => rank % 2 == 0, rank => rank % 3 == 1 })
        {
            var job = await new TinyJob(server, $"workers={workers}", "batch=8", "optimizer.weightDecay=0.01") { TrainExamples = 24, SharesMemory = shares }.OpenAsync();
            await using var ranks = await Cohort.AttachAsync(job);
            await ranks.TrainAsync();
            var messages = await new TinyJob(server, $"workers={workers}", "batch=8", "optimizer.weightDecay=0.01") { TrainExamples = 24 }.OpenAsync();
            await using var others = await Cohort.AttachAsync(messages);
            await others.TrainAsync();
            ranks.Check(3, others.Ranks[0].Versions[3].Vector);
        }
    }

    [Fact]
    public async Task The_server_writes_no_gradient_of_a_rank()
    {
        var job = await new TinyJob(server, "workers=4", "batch=8") { TrainExamples = 24, SharesMemory = _ => true }.OpenAsync();
        await using var ranks = await Cohort.AttachAsync(job);
        var step = ranks.Ranks[0].Head;
        foreach (var rank in ranks.Ranks)
            await rank.PushAsync(0);
        foreach (var rank in ranks.Ranks)
        {
            await rank.ReceiveAsync(1);
            SameBits.Check(Trainee.Gradient(step, rank.Rank), rank[0].Gradient.ToArray());
        }
    }

    /// <summary>What was pushed lies in the memory of a process that is gone.</summary>
    [Fact]
    public async Task What_a_lost_rank_pushed_still_counts_and_its_successor_s_does_not()
    {
        var job = await new TinyJob(server) { SharesMemory = _ => true }.OpenAsync();
        await using var other = await FakeRank.JoinAsync(job, 1);
        await using (var lost = await FakeRank.JoinAsync(job, 0))
        {
            await lost.PushAllAsync(0);
            await lost.SettleAsync(0);
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        await using var next = await FakeRank.JoinAsync(job, 0);
        await next.PushAllAsync(0);
        await next.SettleAsync(0);
        // Its memory is its own: the sum is taken elsewhere.
        next.Gradient.Span.Fill(float.NaN);
        await other.PushAllAsync(0);
        var version = await next.ReceiveVersionAsync(1);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector.AsSpan(0, version.Buckets[0].Length), version.Buckets[0]);
    }

    /// <summary>A process that was stopped wakes up: the step it thinks of is over, and what it writes is read by nobody.</summary>
    [Fact]
    public async Task What_a_rank_writes_that_was_replaced_is_not_read()
    {
        var job = await new TinyJob(server) { SharesMemory = _ => true }.OpenAsync();
        await using var stopped = await FakeRank.JoinAsync(job, 0);
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks[0].PushAllAsync(0);
        await ranks[0].SettleAsync(0);
        stopped.Gradient.Span.Fill(float.NaN);
        await ranks[1].PushAllAsync(0);
        await ranks.ReceiveAsync(1);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, ranks.Vector);
        Assert.Equal(StatusCode.Aborted, (await stopped.EndAsync()).StatusCode);
    }

    /// <summary>The version that a step starts from stays as it is until every rank has pushed for it.</summary>
    [Fact]
    public async Task A_version_in_memory_stays_while_a_rank_may_compute_from_it()
    {
        var job = await new TinyJob(server) { SharesMemory = _ => true }.OpenAsync();
        await using var ranks = await Cohort.AttachAsync(job);
        await Task.WhenAll(ranks.Ranks.Select(rank => rank.StepAsync()));
        var first = ranks.Ranks[0].Versions[1].Vector;
        await ranks.Ranks[0].PushAsync(0);
        await ranks.Ranks[0][0].SettleAsync(1);
        await ranks.Ranks[1].ReceiveAgainAsync();
        SameBits.Check(first, ranks.Ranks[1].Versions[1].Vector);
    }

    [Fact]
    public async Task A_wrong_proof_is_believed_by_nobody_and_buckets_come_in_messages()
    {
        var job = await new TinyJob(server) { SharesMemory = _ => true }.OpenAsync();
        await using var rank = await FakeRank.JoinAsync(job, 0);
        await rank.SendAsync(new RankMessage { Region = new RegionAnswer { Id = rank.VersionsId, Nonce = Google.Protobuf.ByteString.CopyFrom(new byte[32]) } });
        await rank.PullAsync(0);
        var head = await rank.ReceiveAsync("the first message");
        Assert.Equal(ServerMessage.BodyOneofCase.Parameters, head!.Message.BodyCase);
    }

    [Fact]
    public async Task Memory_of_another_machine_is_refused_and_a_report_without_it_too()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var rank = FakeRank.Connect(job, 0);
        var join = FakeRank.Joining(job, 0);
        join.Gradient = new Region { Id = 5, Host = "machine namespace user", Process = Environment.ProcessId, Elements = job.Layout.Length };
        await rank.SendAsync(new RankMessage { Join = join });
        var joined = (await rank.ReceiveAsync("it is taken in"))!.Message.Joined;
        Assert.Equal((5, "it is on another machine"), (joined.Gradient.Id, joined.Gradient.Refusal));
        Assert.Null(joined.Versions);
        await rank.SendAsync(new RankMessage { Report = new GradientReport { Contribution = rank.Chunk(0, 0).Gradient.Contribution } });
        var end = await rank.EndAsync();
        Assert.Equal((StatusCode.FailedPrecondition, "rank 0 reports a gradient in memory that this server does not see"), (end.StatusCode, end.Detail));
    }

    [Fact]
    public async Task A_report_that_lacks_buckets_ends_the_stream()
    {
        var job = await new TinyJob(server) { SharesMemory = _ => true }.OpenAsync();
        await using var rank = await FakeRank.JoinAsync(job, 0);
        await rank.SendAsync(new RankMessage { Report = new GradientReport { Contribution = rank.Chunk(0, 0).Gradient.Contribution } });
        Assert.Contains("reports 0 squared norms", (await rank.EndAsync()).Detail, StringComparison.Ordinal);
    }
}
