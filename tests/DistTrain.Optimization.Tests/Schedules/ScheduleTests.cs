using CsCheck;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Tests.Schedules;

/// <summary>What holds for every schedule, and the figures of the papers that no reference file has.</summary>
[Trait("Kind", "Fast")]
public sealed class ScheduleTests
{
    [Fact]
    public void Factors_are_finite_and_never_negative() =>
        Gen.Select(AnySchedule.Gen, Gen.OneOf("steps", "epochs"), Gen.Int[1, 30], Gen.Int[1, 40], Gen.Long[1, 60]).Sample((schedule, unit, datasetSize, batch, steps) =>
        {
            var curve = new RateCurve(AnySchedule.Create(schedule.Name, Given(schedule.Name, unit, schedule.Options)), 1, batch, datasetSize, null, steps);
            foreach (var point in curve.From(0))
                Assert.True(double.IsFinite(point.Rate) && point.Rate is >= 0 and <= 1 + 1e-12, $"{schedule.Name}: {point.Rate} at step {point.Step} of {steps}");
            // The version behind the last step asks as well, for a step of no examples.
            Assert.True(double.IsFinite(curve.RateAt(steps, Position.After(steps, batch, datasetSize), take: 0)));
        });

    /// <summary>With k whole steps in an epoch, lengths of e epochs are lengths of k·e steps.</summary>
    [Fact]
    public void Steps_and_epochs_agree_when_an_epoch_is_a_whole_number_of_steps() =>
        Gen.Select(AnySchedule.Gen, Gen.Int[1, 7], Gen.Int[1, 9], Gen.Int[1, 60]).Sample((schedule, inEpoch, batch, epochs) =>
        {
            // A rate per epoch is another one per step; the others are lengths or shares.
            if (schedule.Name == "exponential")
                return;
            var inSteps = schedule.Options.ToDictionary(o => o.Key, o => IsLength(o.Key) ? Times(o.Value, inEpoch) : o.Value);
            var one = Curve(Given(schedule.Name, "epochs", schedule.Options));
            var other = Curve(Given(schedule.Name, "steps", inSteps));
            for (var step = 0L; step < one.TotalSteps; step++)
                Assert.Equal(one.At(step).Rate, other.At(step).Rate, 1e-9);

            RateCurve Curve(Dictionary<string, object> options) =>
                new(AnySchedule.Create(schedule.Name, options), 1, batch, inEpoch * batch, epochs, null);
        });

    /// <summary>Against a walk from step to step.</summary>
    [Fact]
    public void Points_lie_where_a_walk_over_a_growing_batch_comes_to() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int[1, 40], Gen.Int[1, 9], Gen.Int[1, 30]).Sample((from, growth, to, epochs, datasetSize) =>
        {
            var curve = new RateCurve(AnySchedule.Create("cosine", new Dictionary<string, object>()), 1, epoch => Math.Min(to, from + (growth * epoch)), datasetSize, epochs);
            var position = Position.Start();
            foreach (var point in curve.From(0))
            {
                Assert.Equal(position.EpochsDone(datasetSize), point.Epoch);
                var take = position.Take(Math.Min(to, from + (growth * position.Epoch)), datasetSize);
                Assert.Equal(curve.RateAt(point.Step, position, take), point.Rate);
                position = position.Advance(take, datasetSize);
                Assert.Equal(position.EpochsDone(datasetSize), point.EpochAfter);
                Assert.Equal(point, curve.At(point.Step));
            }

            Assert.Equal((epochs, 0), (position.Epoch, position.Cursor));
        });

    /// <summary>More steps than anybody waits for, and more epochs than a position can count.</summary>
    [Fact]
    public void Points_of_a_job_without_an_end_take_no_time()
    {
        var curve = new RateCurve(AnySchedule.Create("constant", new Dictionary<string, object>()), 1, batch: 3, datasetSize: 8, epochs: null, steps: 1_000_000_000_000);
        Assert.Equal([0, 500_000_000_000], curve.From(0, 500_000_000_000).Select(point => point.Step));
        Assert.Equal((333_333_333_333 + (0.0 / 8), 333_333_333_333 + (3.0 / 8)), curve.At(999_999_999_999) is var last ? (last.Epoch, last.EpochAfter) : default);
    }

    [Fact]
    public void A_warm_up_rises_to_the_base_rate_and_stays() =>
        Gen.Select(Gen.Double[0, 1], Gen.Int[1, 50], Gen.Int[1, 12], Gen.Int[1, 12]).Sample((from, length, datasetSize, batch) =>
        {
            var given = new Dictionary<string, object> { ["warmupFrom"] = from, ["warmupEpochs"] = (double)length };
            var curve = new RateCurve(AnySchedule.Create("constant", given), 0.4, batch, datasetSize, length + 3, null);
            var rates = Enumerable.Range(0, (int)curve.TotalSteps).Select(step => curve.At(step)).ToList();
            Assert.True(rates.Zip(rates.Skip(1)).All(p => p.Second.Rate >= p.First.Rate - 1e-15));
            Assert.True(rates[0].Rate > 0 && rates[0].Rate >= from * 0.4 - 1e-15);
            Assert.All(rates.Where(p => p.Epoch >= length), p => Assert.Equal(0.4, p.Rate));
        });

    [Theory]
    [InlineData("polynomial")]
    [InlineData("cosine")]
    [InlineData("exponential")]
    [InlineData("noam")]
    public void The_peak_stands_at_the_warm_ups_end_and_the_curve_goes_on_from_it(string name)
    {
        var curve = new RateCurve(AnySchedule.Create(name, new Dictionary<string, object> { ["warmupSteps"] = 1000.0 }), 1, 10, 100_000, 1, null);
        Assert.Equal(1, curve.At(999).Rate, 1e-12);
        Assert.Equal(1, curve.At(1000).Rate, 1e-3);
        Assert.Equal(1, curve.At(998).Rate, 1.1e-3);
    }

    [Fact]
    public void A_warm_up_that_starts_at_a_rate_is_level_with_it_and_with_the_base_rate()
    {
        var given = new Dictionary<string, object> { ["warmupSteps"] = 10.0, ["warmupFrom"] = 0.25 };
        var curve = new RateCurve(AnySchedule.Create("constant", given), 1, 1, 20, 1, null);
        Assert.Equal([0.25, 0.325, 0.925, 1], new[] { 0, 1, 9, 10 }.Select(step => curve.At(step).Rate), (a, b) => Math.Abs(a - b) < 1e-15);
    }

    /// <summary>PyTorch's OneCycleLR with max_lr 1 and 10 steps: up over steps 0 to 2, down over 2 to 9.</summary>
    [Fact]
    public void One_cycle_is_PyTorchs()
    {
        var curve = new RateCurve(AnySchedule.Create("one-cycle", new Dictionary<string, object>()), 1, 1, 10, 1, null);
        Assert.Equal(0.04, curve.At(0).Rate, 1e-15);
        Assert.Equal(0.52, curve.At(1).Rate, 1e-15);
        Assert.Equal(1, curve.At(2).Rate, 1e-15);
        Assert.Equal(4e-6 + ((1 - 4e-6) * (1 + Math.Cos(Math.PI / 7)) / 2), curve.At(3).Rate, 1e-15);
        Assert.Equal(4e-6, curve.At(9).Rate, 1e-15);
    }

    /// <summary>1711.04325: 0.5, 0.075, 0.01 and 0.001 of the base rate for 40, 30, 15 and 5 of 90 epochs.</summary>
    [Fact]
    public void Slow_start_is_the_papers_over_90_epochs()
    {
        var curve = new RateCurve(AnySchedule.Create("slow-start", new Dictionary<string, object>()), 1, 10, 70, 90, null);
        var stages = Enumerable.Range(0, 90 * 7).Select(step => curve.At(step)).GroupBy(p => p.Rate).Select(g => (g.Key, g.Min(p => p.Epoch), g.Count()));
        Assert.Equal([(0.5, 0, 280), (0.075, 40, 210), (0.01, 70, 105), (0.001, 85, 35)], stages);
    }

    /// <summary>0.3/0.1 is below 3 in binary: the third decrease must not come a step late for it.</summary>
    [Fact]
    public void A_milestone_is_not_missed_by_rounding()
    {
        var curve = new RateCurve(AnySchedule.Create("step", new Dictionary<string, object> { ["every"] = 0.1, ["factor"] = 0.5 }), 1, 1, 10, 1, null);
        Assert.Equal([1, 0.5, 0.25, 0.125, 0.0625], Enumerable.Range(0, 5).Select(step => curve.At(step).Rate));
    }

    [Fact]
    public void A_job_of_steps_that_ends_within_an_epoch_counts_the_short_steps_before()
    {
        // 10 examples, batch 4: an epoch is steps of 4, 4 and 2, so 7 steps are 2 epochs and 4 examples.
        var curve = new RateCurve(AnySchedule.Create("constant", new Dictionary<string, object>()), 1, 4, 10, null, 7);
        Assert.Equal((7, 2.4), (curve.TotalSteps, curve.TotalEpochs));
        Assert.Equal(15, new RateCurve(AnySchedule.Create("constant", new Dictionary<string, object>()), 1, 4, 10, 5, null).TotalSteps);
    }

    [Fact]
    public void A_growing_batch_takes_the_steps_that_its_epochs_have()
    {
        // 10 examples: 5 steps of 2, then 3 of 4 (the last short).
        var linear = AnySchedule.Create("polynomial", new Dictionary<string, object> { ["power"] = 1.0 });
        var curve = new RateCurve(linear, 1, epoch => epoch == 0 ? 2 : 4, 10, epochs: 2);
        Assert.Equal((8, 2.0), (curve.TotalSteps, curve.TotalEpochs));
        Assert.Equal([0, 0.2, 0.4, 0.6, 0.8, 1, 1.4, 1.8], curve.From(0).Select(point => point.Epoch));
        Assert.Equal([0.2, 0.4, 0.6, 0.8, 1, 1.4, 1.8, 2], curve.From(0).Select(point => point.EpochAfter));
        Assert.Equal(0.1, curve.At(7).Rate, 1e-12);
        Assert.Equal([1, 4, 7], curve.From(1, 3).Select(point => point.Step));
    }

    [Fact]
    public void Two_lengths_of_a_warm_up_are_refused() =>
        Assert.Throws<ArgumentException>(() => AnySchedule.Create("cosine", new Dictionary<string, object> { ["warmupEpochs"] = 1.0, ["warmupSteps"] = 1.0 }));

    private static Dictionary<string, object> Given(string name, string unit, IReadOnlyDictionary<string, object> options) =>
        AnySchedule.In(unit, options).Where(o => ScheduleCatalog.Find(name)!.Options.Any(known => known.Name == o.Key)).ToDictionary();

    private static bool IsLength(string option) => option is "warmup" or "every" or "milestones" or "length";

    private static object Times(object length, int factor) =>
        length is double one ? one * factor : (IReadOnlyList<double>)[.. ((IReadOnlyList<double>)length).Select(x => x * factor)];
}
