using DistTrain.Optimization.Landscape;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Ranks;

/// <summary>The probe of an update between two steps: what ranks are asked, what becomes of their answers, and a rank that is lost in the middle.</summary>
[Trait("Kind", "Fast")]
public sealed class UpdateProbingTests(RealServer server) : IClassFixture<RealServer>
{
    private const double Rate = 0.25;

    [Fact]
    public async Task The_update_of_each_second_step_is_probed_before_the_next_and_a_checkpoint_waits_for_it()
    {
        var job = await new TinyJob(server, "steps=4", $"optimizer.lr={Rate}", "probe.everySteps=2", "checkpoint.everySteps=2").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        Assert.False((await ranks.StepAsync(0)).Probed);
        Assert.True((await ranks.StepAsync(1)).Probed);
        Assert.DoesNotContain((await job.StatusAsync())[0].Saved, part => part.Step == 2);

        var expected = new CriticalScale();
        for (var turn = 0; !expected.IsDone; turn++)
        {
            var (mine, theirs) = (Loss(0, expected.Next), Loss(1, expected.Next));
            await SayAsync(ranks[0], turn, mine);
            await SayAsync(ranks[0], turn, mine);
            await SayAsync(ranks[1], turn, theirs);
            expected.Take((mine + theirs) / 4);
            foreach (var rank in new[] { 0, 1 })
            {
                // What rank 0 has said again may have come when the turn was over, and is answered then: ranks pass over what they know.
                var given = await ScaleAsync(ranks[rank]);
                while (given.Turn <= turn)
                    given = await ScaleAsync(ranks[rank]);
                Assert.Equal(new ProbedScale { Version = 2, Turn = turn + 1, Scale = expected.IsDone ? 0 : expected.Next, Done = expected.IsDone }, given);
            }
        }

        await job.SavedAsync(2);
        var probe = Assert.Single(Probes(job));
        Assert.Equal(
            new ProbeMetrics
            {
                Step = 2,
                Epoch = 8 / 12.0,
                CriticalSharpness = 2 / (expected.Scale!.Value * Rate),
                Low = 2 / (expected.High * Rate),
                High = 2 / (expected.Low * Rate),
                Edge = 2 / Rate,
                Loss = expected.LossBefore,
                Passes = expected.Passes,
            },
            probe);
        Assert.InRange(3, expected.Low, expected.High);

        // The next one begins where this one has found it.
        await ranks.StepAsync(2);
        await ranks.StepAsync(3);
        foreach (var rank in new[] { 0, 1 })
            await SayAsync(ranks[rank], 0, 1, version: 4);
        var next = await ScaleAsync(ranks[0]);
        while (next.Version == 2)
            next = await ScaleAsync(ranks[0]);
        Assert.Equal(expected.Scale.Value, next.Scale, 1e-9);
    }

    [Fact]
    public async Task A_rank_that_is_lost_in_the_middle_begins_again_and_is_given_the_same_scales()
    {
        var job = await new TinyJob(server, "steps=3", $"optimizer.lr={Rate}", "probe.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        var given = new List<ProbedScale>();
        for (var turn = 0; turn < 3; turn++)
        {
            foreach (var rank in new[] { 0, 1 })
                await SayAsync(ranks[rank], turn, Loss(rank, turn == 0 ? 0 : given[^1].Scale), version: 1);
            given.Add(await ScaleAsync(ranks[0]));
        }

        await using var again = await FakeRank.JoinAsync(job, rank: 0);
        Assert.Equal(1, again.OpenStep);
        await again.PullAsync(1);
        Assert.True((await again.ReceiveVersionAsync(1)).Head.Probed);
        // The version before the update is still there.
        await again.PullAsync(0);
        Assert.Equal(0, (await again.ReceiveVersionAsync(0)).Head.Version);
        for (var turn = 0; turn < 3; turn++)
        {
            await SayAsync(again, turn, Loss(0, turn == 0 ? 0 : given[turn - 1].Scale), version: 1);
            Assert.Equal(given[turn], await ScaleAsync(again));
        }
    }

    [Fact]
    public async Task Rank_0_says_the_curvature_also_after_it_was_lost_and_a_checkpoint_waits_for_it()
    {
        var job = await new TinyJob(server, "steps=3", $"optimizer.lr={Rate}", "probe={everySteps: 1, what: curvature, examples: 5, products: 3}", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        Assert.True((await ranks.StepAsync(0)).Probed);
        await using var again = await FakeRank.JoinAsync(job, rank: 0);
        await again.PullAsync(1);
        Assert.True((await again.ReceiveVersionAsync(1)).Head.Probed);
        Assert.DoesNotContain((await job.StatusAsync())[0].Saved, part => part.Step == 1);
        var found = new ProbedCurvature { Version = 1, Examples = 5, LossSum = 10, Products = 3, LambdaMax = 4, LambdaMin = -0.5, LambdaMaxResidual = 0.25, LambdaMinResidual = 0.125, GradientNorm = 0.5, Positive = 0.75, Negative = 0.25 };
        await again.SendAsync(new RankMessage { Curvature = found });
        await job.SavedAsync(1);
        Assert.Equal(
            new ProbeMetrics
            {
                Step = 1,
                Epoch = 4 / 12.0,
                Edge = 2 / Rate,
                Loss = 2,
                LambdaMax = 4,
                LambdaMin = -0.5,
                LambdaMaxResidual = 0.25,
                LambdaMinResidual = 0.125,
                GradientNorm = 0.5,
                Positive = 0.75,
                Negative = 0.25,
                Products = 3,
                Examples = 5,
            },
            Assert.Single(Probes(job)));
    }

    [Fact]
    public async Task Curvature_that_is_not_finite_is_told_without_ends_and_training_goes_on()
    {
        var job = await new TinyJob(server, "steps=2", $"optimizer.lr={Rate}", "probe={everySteps: 1, what: curvature}", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[0].SendAsync(new RankMessage { Curvature = new ProbedCurvature { Version = 1, Examples = 5, LossSum = double.NaN } });
        await job.SavedAsync(1);
        var probe = Assert.Single(Probes(job));
        Assert.Equal((false, 5, 2 / Rate), (probe.HasLambdaMax, probe.Examples, probe.Edge));
        Assert.True(double.IsNaN(probe.Loss));
        Assert.True((await ranks.StepAsync(1)).Probed);
    }

    [Fact]
    public async Task Rank_0_is_told_the_steps_rate_and_says_the_smoothness_also_after_it_was_lost()
    {
        var job = await new TinyJob(server, "steps=3", $"optimizer.lr={Rate}", "probe={everySteps: 1, what: smoothness}", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var head = await ranks.StepAsync(0);
        Assert.Equal((true, Rate), (head.Probed, head.ProbedRate));
        await using var again = await FakeRank.JoinAsync(job, rank: 0);
        await again.PullAsync(1);
        Assert.Equal(Rate, (await again.ReceiveVersionAsync(1)).Head.ProbedRate);
        Assert.DoesNotContain((await job.StatusAsync())[0].Saved, part => part.Step == 1);
        await again.SendAsync(new RankMessage
        {
            Smoothness = new ProbedSmoothness
            {
                Version = 1,
                Examples = 4,
                LossSum = 8,
                Passes = 9,
                GradientNorm = 0.5,
                LossLow = 1,
                LossHigh = 1.75,
                ChangeLow = 0.125,
                ChangeHigh = 0.25,
                Beta = 3,
            },
        });
        await job.SavedAsync(1);
        Assert.Equal(
            new ProbeMetrics
            {
                Step = 1,
                Epoch = 4 / 12.0,
                Edge = 2 / Rate,
                Loss = 2,
                GradientNorm = 0.5,
                Smoothness = new SmoothnessMetrics { Beta = 3, LossLow = 1, LossHigh = 1.75, ChangeLow = 0.125, ChangeHigh = 0.25 },
                Passes = 9,
                Examples = 4,
            },
            Assert.Single(Probes(job)));
    }

    [Fact]
    public async Task Smoothness_that_is_not_finite_is_told_without_figures_and_training_goes_on()
    {
        var job = await new TinyJob(server, "steps=2", $"optimizer.lr={Rate}", "probe={everySteps: 1, what: smoothness}", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[0].SendAsync(new RankMessage { Smoothness = new ProbedSmoothness { Version = 1, Examples = 4, LossSum = 2, Passes = 9 } });
        await job.SavedAsync(1);
        var probe = Assert.Single(Probes(job));
        Assert.Equal((null, false, 4, 0.5), (probe.Smoothness, probe.HasGradientNorm, probe.Examples, probe.Loss));
        Assert.True((await ranks.StepAsync(1)).Probed);
    }

    [Theory]
    [InlineData("curvature")]
    [InlineData("smoothness")]
    public async Task What_rank_0_looks_at_is_refused_of_another(string what)
    {
        var job = await new TinyJob(server, $"probe={{everySteps: 1, what: {what}}}").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[1].SendAsync(what == "curvature"
            ? new RankMessage { Curvature = new ProbedCurvature { Version = 1, Examples = 5, LossSum = 1 } }
            : new RankMessage { Smoothness = new ProbedSmoothness { Version = 1, Examples = 5, LossSum = 1 } });
        Assert.Contains("by another rank, or not at all", (await ranks[1].EndAsync()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_along_an_update_of_a_job_without_probes_is_refused()
    {
        var job = await new TinyJob(server).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await SayAsync(ranks[0], 0, 1, version: 1);
        Assert.Contains("probed elsewhere or not at all", (await ranks[0].EndAsync()).Detail, StringComparison.Ordinal);
    }

    /// <summary>Of both ranks together it rises behind scale 3.</summary>
    private static double Loss(int rank, double scale) => 2 - rank + (0.5 * scale * (scale - 3));

    private static Task SayAsync(FakeRank rank, int turn, double loss, long version = 2) =>
        rank.SendAsync(new RankMessage { Probed = new ProbedLoss { Version = version, Turn = turn, Examples = 2, LossSum = loss } });

    private static async Task<ProbedScale> ScaleAsync(FakeRank rank)
    {
        while (true)
        {
            var received = await rank.ReceiveAsync("a scale");
            if (received!.Message.Scale is { } scale)
                return scale;
        }
    }

    private static IEnumerable<ProbeMetrics> Probes(TinyJob job) =>
        MetricsLine.ReadAll(Path.Combine(job.Folder, MetricsLine.FileName)).Select(line => line.Event!.Probe).OfType<ProbeMetrics>();
}
