using System.Text.Json.Nodes;
using DistTrain.Optimization.Gradients;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Tests.Updates;

/// <summary>What becomes of a step whose numbers are wrong. Ranks are scripted, servers are real.</summary>
[Trait("Kind", "Fast")]
public sealed class NumericsTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    private const string WrongLoss = "the loss is NaN";

    /// <summary>What a rank pushes of its gradient; null: what it usually does.</summary>
    private delegate float[]? Push(long step, int rank);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_skipped_step_leaves_weights_buffers_and_slots_as_they_are(int count)
    {
        var job = await OpenAsync(count, "steps=6", "numerics.policy=skip-step", "optimizer.weightDecay=0.01");
        await using var ranks = await RankGroup.AttachAsync(job);
        var expected = new ReferenceTraining(job);
        for (var step = 0L; step < 6; step++)
        {
            var isWrong = step is 0 or 3;
            var before = (float[])ranks.Vector.Clone();
            var head = await StepAsync(job, ranks, step, (s, rank) => isWrong && rank == 1 ? NotFinite(s, rank) : null);
            Assert.Equal((step + 1) * 4 % 12, head.Position.Cursor);
            if (isWrong)
                SameBits.Check(before, ranks.Vector);
            else
                expected.Step(step);
            SameBits.Check(expected.Vector, ranks.Vector);
        }

        await EndAsync(job, ranks);
        var lines = History(job);
        Assert.Equal(["rank 1: the loss is NaN", null, null, "rank 1: the loss is NaN", null, null], lines.Select(l => (string?)l["skipped"]));
        Assert.Equal("NaN", (string?)lines[0]["loss"]);
        var result = (await job.StatusAsync())[0].Result;
        Assert.Equal(2, result.SkippedSteps);
        Assert.True(double.IsFinite(result.TrainLoss));
    }

    /// <summary>Adam's bias correction and LAMB's norms go on as if there had been no such step.</summary>
    [Theory]
    [InlineData("optimizer={name: adam}")]
    [InlineData("optimizer={name: lamb}")]
    [InlineData("optimizer={name: lars}")]
    [InlineData("optimizer={name: momentum, clipNorm: 0.5}")]
    public async Task The_optimizer_learns_nothing_of_a_skipped_step(string optimizer)
    {
        long[] gradients = [0, 1, 3, 4];
        var plain = await OpenAsync(1, "steps=4", optimizer);
        await using var expected = await RankGroup.AttachAsync(plain);
        for (var step = 0L; step < 4; step++)
            await StepAsync(plain, expected, step, (s, rank) => TinyModel.Gradient(gradients[s], rank));

        foreach (var count in new[] { 1, 2 })
        {
            var job = await OpenAsync(count, "steps=5", optimizer, "numerics.policy=skip-step");
            await using var ranks = await RankGroup.AttachAsync(job);
            for (var step = 0L; step < 5; step++)
                await StepAsync(job, ranks, step, (s, rank) => s == 2 && rank == 0 ? NotFinite(s, rank) : null, backwards: count == 2);
            SameBits.Check(expected.Vector, ranks.Vector);
        }
    }

    [Fact]
    public async Task Finite_gradients_whose_sum_is_not_are_seen()
    {
        var job = await OpenAsync(2, "steps=2", "numerics.policy=skip-step");
        await using var ranks = await RankGroup.AttachAsync(job);
        await StepAsync(job, ranks, 0, (s, rank) => Scaled(s, rank, at: 210, value: float.MaxValue));
        await StepAsync(job, ranks, 1);
        var expected = new ReferenceTraining(job);
        expected.Step(1);
        SameBits.Check(expected.Vector, ranks.Vector);
        await EndAsync(job, ranks);
        Assert.Equal("the sum of the ranks' gradients is not finite", (string?)History(job)[0]["skipped"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_outlier_stops_the_job_and_is_named_with_its_norm(int count)
    {
        var job = await OpenAsync(count, "steps=12", "numerics.outlierFactor=10");
        await using var ranks = await RankGroup.AttachAsync(job);
        // As large in the beginning: there is nothing yet to hold it against.
        for (var step = 0L; step < 9; step++)
            await StepAsync(job, ranks, step, (s, rank) => s == 2 && rank == 1 ? Times(100, s, rank) : null);
        await PushAsync(job, ranks, 9, (s, rank) => rank == 1 ? Times(100, s, rank) : null);
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all.All(s => s.Fault is not null), "all servers see the outlier");
        Assert.All(status, s => Assert.Equal((9, 9, false), (s.Version, s.Fault.Step, s.Fault.RollsBack)));
        Assert.StartsWith("step 9, rank 1: the norm of its gradient, ", status[0].Fault.Reason, StringComparison.Ordinal);
        Assert.Single(status.Select(s => s.Fault.Reason).Distinct());
        // Nothing of it is taken: the version before is saved.
        Assert.All(await job.StopAsync(), s => Assert.Equal(9, s.Saved[^1].Step));
    }

    [Fact]
    public async Task An_outlier_that_is_skipped_does_not_count_for_the_next()
    {
        var job = await OpenAsync(1, "steps=12", "numerics={policy: skip-step, outlierFactor: 10}");
        await using var ranks = await RankGroup.AttachAsync(job);
        var expected = new ReferenceTraining(job);
        for (var step = 0L; step < 12; step++)
        {
            await StepAsync(job, ranks, step, (s, rank) => s >= 10 && rank == 0 ? Times(100, s, rank) : null);
            if (step < 10)
                expected.Step(step);
        }

        SameBits.Check(expected.Vector, ranks.Vector);
        await EndAsync(job, ranks);
        Assert.Equal([11L, 12L], History(job).Where(l => l["skipped"] is not null).Select(l => (long)l["step"]!));
    }

    /// <summary>The norms of the steps before the checkpoint are what the outlier is held against.</summary>
    [Fact]
    public async Task A_partition_that_was_restored_decides_the_same()
    {
        string[] settings = ["steps=12", "numerics={policy: skip-step, outlierFactor: 10}", "checkpoint.everySteps=9"];
        static float[]? Outlier(long step, int rank) => step == 10 && rank == 1 ? Times(100, step, rank) : null;
        var job = await OpenAsync(1, settings);
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            for (var step = 0L; step < 10; step++)
                await StepAsync(job, ranks, step, Outlier);
            await job.SealAsync(9, 9);
        }

        job = await new TinyJob([.. servers.All.Take(2)], settings) { Id = job.Id }.RestoreAsync(9);
        await using var again = await RankGroup.AttachAsync(job);
        var expected = ReferenceTraining.After(job, 9);
        for (var step = 9L; step < 12; step++)
        {
            await StepAsync(job, again, step, Outlier);
            if (step != 10)
                expected.Step(step);
        }

        SameBits.Check(expected.Vector, again.Vector);
        await EndAsync(job, again);
        Assert.Equal(11, (long)History(job).Single(l => l["skipped"] is not null)["step"]!);
    }

    [Fact]
    public async Task A_rollback_goes_back_and_passes_over_the_steps_up_to_the_fault()
    {
        string[] settings = ["steps=8", "checkpoint.everySteps=2", "numerics.policy=rollback"];
        var job = await OpenAsync(2, settings);
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            for (var step = 0L; step < 5; step++)
            {
                await StepAsync(job, ranks, step);
                if (step == 2)
                    await job.SealAsync(2, 2);
            }

            await job.SealAsync(4, 2, 4);
            await PushAsync(job, ranks, 5, (s, rank) => rank == 0 ? NotFinite(s, rank) : null);
            var status = await Waiting.UntilAsync(job.StatusAsync, all => all.All(s => s.Fault is not null), "all servers see the fault");
            Assert.All(status, s => Assert.Equal((5, "step 5, rank 0: the loss is NaN", true), (s.Fault.Step, s.Fault.Reason, s.Fault.RollsBack)));
        }

        // From an older checkpoint than the newest: the bits must not depend on which there are.
        foreach (var (from, count) in new[] { (4, 2), (2, 1) })
        {
            job = await new TinyJob([.. servers.All.Take(count)], settings) { Id = job.Id, Generation = job.Generation, PassedOver = [new StepRange { First = 4, Last = 5 }] }.RestoreAsync(from);
            await using var again = await RankGroup.AttachAsync(job);
            var expected = ReferenceTraining.After(job, from);
            for (var step = (long)from; step < 8; step++)
            {
                await StepAsync(job, again, step);
                if (step is not (4 or 5))
                    expected.Step(step);
            }

            SameBits.Check(expected.Vector, again.Vector);
            await EndAsync(job, again);
            Assert.Equal([5L, 6L], History(job).Where(l => (string?)l["skipped"] == "passed over on the way back from step 5").Select(l => (long)l["step"]!));
        }
    }

    [Fact]
    public async Task Steps_that_are_skipped_one_after_the_other_end_the_job()
    {
        var job = await OpenAsync(1, "steps=50", "numerics.policy=skip-step");
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < StepJudge.MostInRow; step++)
            await StepAsync(job, ranks, step, NotFinite);
        await PushAsync(job, ranks, StepJudge.MostInRow, NotFinite);
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all[0].Fault is not null, "the server gives up");
        Assert.StartsWith("step 32, rank 0: the loss is NaN; rank 1: the loss is NaN. So were the 32 steps before, which were skipped", status[0].Fault.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_gradient_is_computed_twice_on_another_silo_and_compared(int count)
    {
        var job = await OpenAsync(count, rank => rank < 2 ? "a" : "b", "workers=3", "batch=6", "steps=6", "numerics.replayCheck=2");
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 6; step++)
            await StepAsync(job, ranks, step, replay: true);
        // It changes nothing.
        SameBits.Check(ReferenceTraining.After(job, 6).Vector, ranks.Vector);
        await EndAsync(job, ranks);
        Assert.Equal(
            [null, "rank 0 by rank 2 on another silo", null, "rank 1 by rank 2 on another silo", null, "rank 2 by rank 0 on another silo"],
            History(job).Select(l => (string?)l["replayCheck"]));
        Assert.Equal(3, (await job.StatusAsync())[0].Result.ReplayChecks);
    }

    [Fact]
    public async Task With_one_silo_the_next_rank_checks()
    {
        var job = await OpenAsync(1, _ => "a", "steps=2", "numerics.replayCheck=1");
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 2; step++)
            await StepAsync(job, ranks, step, replay: true);
        await EndAsync(job, ranks);
        Assert.Equal("rank 1 by rank 0 on the same silo", (string?)History(job)[1]["replayCheck"]);
    }

    [Fact]
    public async Task A_gradient_that_another_silo_computes_otherwise_is_named_and_not_taken()
    {
        var job = await OpenAsync(1, rank => $"silo-{rank}", "steps=6", "numerics={replayCheck: 2, policy: skip-step}");
        await using var ranks = await RankGroup.AttachAsync(job);
        for (var step = 0L; step < 3; step++)
            await StepAsync(job, ranks, step, replay: true);
        var other = TinyModel.Gradient(3, 1);
        other[210] = MathF.BitIncrement(other[210]);
        await SendDigestsAsync(job, ranks, 3, again: other);
        await PushAsync(job, ranks, 3);
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all[0].Fault is not null, "the server sees the difference");
        Assert.Equal((3, 3, false), (status[0].Version, status[0].Fault.Step, status[0].Fault.RollsBack));
        Assert.StartsWith(
            "step 3, the gradient of rank 1 on silo silo-1 is not what rank 0 on silo silo-0 computes for it: they differ in fc2.weight. ",
            status[0].Fault.Reason,
            StringComparison.Ordinal);
        // It is half done here, and may be done elsewhere: nothing is saved.
        Assert.Empty((await job.StopAsync())[0].Saved);
    }

    private static float[] NotFinite(long step, int rank)
    {
        var gradient = TinyModel.Gradient(step, rank);
        gradient[17] = float.NaN;
        return gradient;
    }

    private static float[] Times(float factor, long step, int rank) => [.. TinyModel.Gradient(step, rank).Select(x => x * factor)];

    private static float[] Scaled(long step, int rank, int at, float value)
    {
        var gradient = TinyModel.Gradient(step, rank);
        gradient[at] = value;
        return gradient;
    }

    private static async Task<VersionHead> StepAsync(TinyJob job, RankGroup ranks, long step, Push? push = null, bool backwards = false, bool replay = false)
    {
        if (replay && ranks.Head.Replay is not null)
            await SendDigestsAsync(job, ranks, step);
        await PushAsync(job, ranks, step, push, backwards);
        return await ranks.ReceiveAsync(step + 1);
    }

    /// <summary>Every rank pushes every bucket, and says of its gradient what a rank would.</summary>
    private static async Task PushAsync(TinyJob job, RankGroup ranks, long step, Push? push = null, bool backwards = false)
    {
        var order = from bucket in job.Layout.Buckets from rank in Enumerable.Range(0, job.Workers) select (rank, bucket);
        foreach (var (rank, bucket) in backwards ? order.Reverse() : order)
        {
            var gradient = push?.Invoke(step, rank) ?? TinyModel.Gradient(step, rank);
            var stream = ranks[rank, job.ServerOf(bucket.Index)];
            var chunk = stream.Chunk(step, bucket.Index);
            var said = chunk.Gradient.Contribution;
            chunk.Gradient.SquaredNorm = SquaredNorm.Of<float>(gradient.AsSpan(bucket.Offset, Math.Clamp(job.Layout.TrainableLength - bucket.Offset, 0, bucket.Length)));
            if (gradient.Any(float.IsNaN))
                (said.NotFinite, said.LossSum) = (WrongLoss, double.NaN);
            await stream.PushAsync(chunk, gradient);
        }
    }

    /// <summary>What the leader has ordered: both ranks tell it what they have computed.</summary>
    private static async Task SendDigestsAsync(TinyJob job, RankGroup ranks, long step, float[]? again = null)
    {
        var order = ranks.Head.Replay;
        foreach (var (from, gradient) in new[] { (order.Rank, TinyModel.Gradient(step, order.Rank)), (order.By, again ?? TinyModel.Gradient(step, order.Rank)) })
        {
            var digest = new GradientDigest { Step = step, Rank = order.Rank };
            foreach (var segment in job.Layout.Segments)
                digest.Segments.Add(Google.Protobuf.ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(gradient.AsSpan(segment.Offset, segment.Length)))));
            await ranks[from].SendAsync(new RankMessage { Digest = digest });
        }
    }

    private static async Task EndAsync(TinyJob job, RankGroup ranks)
    {
        await ranks.LeaveAsync();
        await Waiting.UntilAsync(job.StatusAsync, all => all.All(s => s.Finished), "the job is finished");
        await job.StopAsync();
    }

    private static List<JsonNode> History(TinyJob job) =>
        [.. File.ReadLines(Path.Combine(job.Folder, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!)];

    private Task<TinyJob> OpenAsync(int count, params string[] settings) => OpenAsync(count, _ => "silo", settings);

    private Task<TinyJob> OpenAsync(int count, Func<int, string> silo, params string[] settings) =>
        new TinyJob([.. servers.All.Take(count)], settings) { SiloOf = silo }.OpenAsync();
}
