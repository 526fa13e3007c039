using CsCheck;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Training.Phases;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Tests.Phases;

/// <summary>The course of training as what it is: a function from a closed step to the next. No server, no gradient.</summary>
[Trait("Kind", "Fast")]
public sealed class CourseTests
{
    /// <summary>The replica whose course is followed where ranks part.</summary>
    private const int Rank = 1;

    private static readonly StepOutcome _nothing = new(0, 0, []);

    private static readonly string[] _falling = ["schedule.name=polynomial", "schedule.power=1", "schedule.unit=steps", "schedule.warmupSteps=2"];

    [Fact]
    public void Synchronous_training_takes_each_step_at_its_place_and_rate() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[2, 50], Gen.Int[2, 30], Gen.Bool, Gen.Int[0, 3]).Sample((train, batch, length, inEpochs, everyEpochs) =>
        {
            var spec = Spec([$"batch={batch}", $"{(inEpochs ? "epochs" : "steps")}={length}", $"evaluation.everyEpochs={everyEpochs}", .. _falling]);
            var course = new Course(spec, train, testExamples: 5, hasStatistics: true);
            var steps = Walk(course);
            var curve = JobRates.Curve(spec, train);
            Assert.Equal(course.TotalSteps, steps.Count - 1);
            Assert.Equal(inEpochs ? length * Position.StepsInEpoch(batch, train) : length, course.TotalSteps);
            var position = Position.Start();
            foreach (var (version, step) in steps.Index())
            {
                Assert.Equal((version, position, StepKind.Gradient, Sharing.Together), (step.Version, step.Position, step.Kind, step.Sharing));
                Assert.Equal((version, false, 0L, false), (step.SlotAge, step.Averages, step.Sample, step.EndsWithMean));
                var isEvaluated = version == course.TotalSteps
                    || (version > 0 && position.Cursor == 0 && everyEpochs > 0 && position.Epoch % everyEpochs == 0);
                Assert.Equal(isEvaluated, step.Evaluate);
                if (version == course.TotalSteps)
                {
                    Assert.True(step.IsLast);
                    break;
                }

                Assert.Equal(position.Take(batch, train), step.Take);
                Assert.Equal(curve.At(version).Rate, step.Rate);
                Assert.Equal(version == 0 ? step.Rate : steps[version - 1].Rate, step.PreviousRate);
                position = position.Advance(step.Take, train);
            }
        }, iter: 200);

    [Fact]
    public void Without_a_test_set_nothing_is_evaluated() =>
        Assert.DoesNotContain(Walk(new Course(Spec("batch=4", "epochs=3"), 12, testExamples: 0, hasStatistics: false)), s => s.Evaluate);

    /// <summary>Of 30 examples 12, 15, 24 and 27 are right in the first epochs: the fourth is the first of nine tenths, and the last.</summary>
    [Fact]
    public void Training_ends_with_the_epoch_whose_train_accuracy_is_reached()
    {
        var course = new Course(Spec("batch=10", "epochs=7", "trainAccuracy=0.9", "evaluation.everyEpochs=0"), 30, testExamples: 5, hasStatistics: false);
        int[] right = [4, 5, 8, 9];
        var steps = Walk(course, step => new StepOutcome(step.Position.Epoch < 4 ? right[step.Position.Epoch] : 10, 0, []));
        Assert.Equal(21, course.TotalSteps);
        Assert.Equal((12, 4, true, true), (steps[^1].Version, steps[^1].Position.Epoch, steps[^1].IsLast, steps[^1].Evaluate));
        // Never reached, it ends with its length.
        Assert.Equal(21, Walk(course, _ => new StepOutcome(8, 0, []))[^1].Version);
    }

    [Fact]
    public void A_batch_grows_at_the_end_of_epochs_only()
    {
        var course = new Course(Spec("batch={growth: {from: 4, to: 20, factor: 2, everyEpochs: 2}}", "epochs=8"), 30, 0, hasStatistics: false);
        var steps = Walk(course);
        Assert.Equal(
            [4, 4, 8, 8, 16, 16, 20, 20],
            steps.Where(s => s.Position.Cursor == 0 && !s.IsLast).Select(s => s.Take));
        // 30 examples in steps of 4, 8, 16 and 20.
        Assert.Equal([8, 8, 4, 4, 2, 2, 2, 2], steps.Where(s => !s.IsLast).GroupBy(s => s.Position.Epoch).Select(g => g.Count()));
        Assert.Equal((32, 32), (course.TotalSteps, steps[^1].Version));
        Assert.True(course.MeasuresNoise is false);
    }

    /// <summary>At every third step, by a factor of two at most, within the bounds.</summary>
    [Theory]
    [InlineData(999, new[] { 8, 8, 8, 16, 16, 16, 32, 32, 32, 60, 60, 60, 60 })]
    [InlineData(0.0001, new[] { 8, 8, 8, 6, 6, 6, 6 })]
    [InlineData(-1, new[] { 8, 8, 8, 8, 8, 8, 8 })]
    public void A_batch_follows_the_noise(double scaleOfBatch, int[] expected)
    {
        // Spec.Batch is `from`; so that there is room below, the walk starts from a step whose batch was 8.
        var course = new Course(Spec("batch={auto: {from: 6, to: 60, everySteps: 3}}", "steps=20"), 100_000, 0, hasStatistics: false);
        Assert.True(course.MeasuresNoise);
        var first = course.First();
        Assert.Equal(6, first.Take);
        var steps = Walk(course, s => Noise(s.Take, scaleOfBatch), first with { Take = 8, Progress = first.Progress with { Batch = 8 } });
        Assert.Equal(expected, steps.Take(expected.Length).Select(s => s.Take));
    }

    [Fact]
    public void The_rate_of_AdaScale_is_the_schedules_times_a_gain_between_1_and_the_ranks() =>
        Gen.Select(Gen.Int[2, 9], Gen.Double[1e-3, 10].Array[30], Gen.Double[0, 10].Array[30]).Sample((ranks, averages, squares) =>
        {
            var spec = Spec([$"workers={ranks}", "batch=18", "steps=25", "scaling.rule=adascale", .. _falling]);
            var course = new Course(spec, 100, 0, hasStatistics: false);
            var curve = JobRates.Curve(spec, 100);
            var steps = Walk(course, s => new StepOutcome(0, averages[s.Version], [.. Enumerable.Range(0, ranks).Select(r => (Shard.Of(r, ranks, s.Take).Count, squares[(s.Version + r) % 30]))]));
            Assert.True(course.MeasuresNoise);
            Assert.Equal(curve.At(0).Rate, steps[0].Rate);
            foreach (var step in steps.Where(s => !s.IsLast))
            {
                Assert.InRange(step.Rate, curve.At(step.Version).Rate * (1 - 1e-12), ranks * curve.At(step.Version).Rate * (1 + 1e-12));
                Assert.Equal(step.Version == 0 ? step.Rate : steps[(int)step.Version - 1].Rate, step.PreviousRate);
            }
        }, iter: 50);

    [Fact]
    public void Swap_that_never_gets_accurate_enough_parts_at_the_epochs_end_and_says_so() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[2, 30], Gen.Int[1, 4], Gen.Int[1, 30], Gen.Int[1, 3], Gen.Bool, Gen.Int[0, 2]).Sample((train, batch, epochs, small, passes, hasStatistics, everyEpochs) =>
        {
            var course = new Course(
                Spec([$"batch={batch}", $"epochs={epochs}", $"evaluation.everyEpochs={everyEpochs}", .. Swap(small, passes)]), train, 5, hasStatistics);
            var notes = new List<string>();
            var steps = Walk(course, notes: notes);
            Assert.Equal(course.TotalSteps, steps.Count - 1);
            Assert.Contains("98.00", Assert.Single(notes), StringComparison.Ordinal);
            Assert.Contains("was not reached: raise epochs, or lower averaging.trainAccuracy", notes[0], StringComparison.Ordinal);
            var parting = (int)(epochs * Position.StepsInEpoch(batch, train));
            var alone = (int)(passes * Position.StepsInEpoch(small, train));
            Assert.All(steps.Take(parting), s => Assert.Equal((Sharing.Together, 0, 0), (s.Sharing, s.Position.Group, s.Position.Phase)));
            var position = Position.Start(Rank) with { Phase = 1, Epoch = epochs, Examples = (long)epochs * train };
            foreach (var (done, step) in steps.Skip(parting).Take(alone).Index())
            {
                Assert.Equal((Sharing.Alone, position, position.Take(small, train)), (step.Sharing, step.Position, step.Take));
                Assert.Equal((done, done == 0, done == alone - 1), (step.SlotAge, step.Evaluate, step.Averages));
                Assert.Equal(0.02 * (1 - ((double)done / alone)), step.Rate);
                // Slots are new, so the first step has no rate before.
                Assert.Equal(done == 0 ? step.Rate : steps[parting + done - 1].Rate, step.PreviousRate);
                position = position.Advance(step.Take, train);
            }

            CheckEnd(steps, parting + alone, train, hasStatistics);
            Assert.Equal((2, epochs + passes, 0, 0), (steps[^1].Position.Phase, steps[^1].Position.Epoch, steps[^1].Position.Cursor, steps[^1].Position.Group));
        }, iter: 200);

    /// <summary>The accuracy is that of one whole epoch, counted anew in each.</summary>
    [Theory]
    [InlineData(97, 98, 2)]
    [InlineData(98, 0, 1)]
    [InlineData(100, 100, 1)]
    [InlineData(97, 97, 3)]
    public void Swap_parts_at_the_end_of_the_first_accurate_epoch(int first, int second, int epochs)
    {
        var course = new Course(Spec(["batch=50", "epochs=3", .. Swap(100, 1)]), 100, 0, hasStatistics: false);
        var notes = new List<string>();
        var steps = Walk(course, s => new StepOutcome(s.Position.Cursor > 0 ? 50 : s.Position.Epoch switch { 0 => first - 50, 1 => Math.Max(0, second - 50), _ => 0 }, 0, []), notes: notes);
        Assert.Equal((epochs * 2) + 1, steps.Count - 1);
        Assert.StartsWith($"phase 1 ended after {epochs} epoch(s) with train accuracy ", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Equal(epochs < 3, notes[0].EndsWith("; the ranks refine on their own", StringComparison.Ordinal));
    }

    [Fact]
    public void Post_local_goes_on_with_data_and_schedule_and_averages_every_few_steps() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[2, 30], Gen.Int[1, 4], Gen.Int[0, 4], Gen.Int[1, 5], Gen.Bool).Sample((train, batch, epochs, start, every, hasStatistics) =>
        {
            start = Math.Min(start, epochs - 1);
            var spec = Spec([$"batch={batch}", $"epochs={epochs}", "averaging.name=post-local", $"averaging.startEpoch={start}", $"averaging.everySteps={every}", .. _falling]);
            var course = new Course(spec, train, 5, hasStatistics);
            var steps = Walk(course);
            var curve = JobRates.Curve(spec, train);
            var (parting, total) = ((int)(start * Position.StepsInEpoch(batch, train)), (int)curve.TotalSteps);
            var position = Position.Start();
            foreach (var (version, step) in steps.Take(total).Index())
            {
                var isLocal = version >= parting;
                var placed = isLocal && start > 0 ? position with { Phase = 1 } : position;
                Assert.Equal((isLocal ? Sharing.Local : Sharing.Together, placed, position.Take(batch, train)), (step.Sharing, step.Position, step.Take));
                Assert.Equal(isLocal && ((version + 1 - parting) % every == 0 || version == total - 1), step.Averages);
                Assert.Equal(version > 0 && version <= parting && position.Cursor == 0, step.Evaluate);
                // Slots go on, and with them what they know of the rate.
                Assert.Equal((version, curve.At(version).Rate), (step.SlotAge, step.Rate));
                Assert.Equal(version == 0 ? step.Rate : steps[version - 1].Rate, step.PreviousRate);
                position = position.Advance(step.Take, train);
            }

            Assert.Equal(course.TotalSteps, steps.Count - 1);
            CheckEnd(steps, total, train, hasStatistics);
        }, iter: 200);

    /// <summary>The noise is not measured between replicas; the batch stays what it was.</summary>
    [Fact]
    public void Post_local_keeps_the_batch_that_the_noise_has_led_to()
    {
        var spec = Spec("batch={auto: {from: 10, to: 40, everySteps: 1}}", "epochs=3", "averaging.name=post-local", "averaging.startEpoch=1", "averaging.everySteps=2");
        var steps = Walk(new Course(spec, 110, 0, hasStatistics: false), s => s.Sharing == Sharing.Together ? Noise(s.Take, 999) : _nothing);
        Assert.Equal([10, 20, 40, 40], steps.Where(s => s.Sharing == Sharing.Together && s.Take > 0).Select(s => s.Take));
        Assert.Equal([40, 40, 30, 40, 40, 30], steps.Where(s => s.Sharing == Sharing.Local).Select(s => s.Take));
    }

    [Fact]
    public void Swa_counts_the_versions_at_the_end_of_epochs_and_the_last_one() =>
        Gen.Select(Gen.Int[1, 30], Gen.Int[2, 20], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 4], Gen.Bool).Sample((train, batch, epochs, start, every, hasStatistics) =>
        {
            start = Math.Min(start, epochs);
            var spec = Spec($"batch={batch}", $"epochs={epochs}", "averaging.name=swa", $"averaging.startEpoch={start}", $"averaging.everyEpochs={every}");
            var course = new Course(spec, train, 5, hasStatistics);
            Assert.True(course.KeepsMean);
            var steps = Walk(course);
            Assert.Equal(course.TotalSteps, steps.Count - 1);
            var inEpoch = (int)Position.StepsInEpoch(batch, train);
            var expected = Enumerable.Range(1, epochs).Where(e => e >= start && ((e - start) % every == 0 || e == epochs)).ToList();
            var sampled = steps.Where(s => s.Sample > 0).ToList();
            Assert.Equal(expected.Select(e => (e * (long)inEpoch) - 1), sampled.Select(s => s.Version));
            Assert.Equal(Enumerable.Range(1, expected.Count).Select(n => (long)n), sampled.Select(s => s.Sample));
            Assert.Equal(sampled[^1], Assert.Single(steps, s => s.EndsWithMean));
            CheckEnd(steps, epochs * inEpoch, train, hasStatistics);
        }, iter: 200);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_last_version_alone_is_no_average_and_takes_no_statistics(bool hasStatistics) =>
        Assert.DoesNotContain(Walk(new Course(Spec("batch=4", "epochs=2"), 12, 5, hasStatistics)), s => s.Kind == StepKind.Statistics);

    /// <summary>From an averaged version: the statistics where the model has them, then the end, which is evaluated.</summary>
    private static void CheckEnd(List<OpenStep> steps, int averaged, int train, bool hasStatistics)
    {
        if (hasStatistics)
        {
            var statistics = steps[averaged];
            Assert.Equal((StepKind.Statistics, Sharing.Together, train, false), (statistics.Kind, statistics.Sharing, statistics.Take, statistics.Evaluate));
            Assert.Equal((0, false), (statistics.Position.Cursor, statistics.Averages));
            averaged++;
        }

        Assert.Equal(averaged, steps.Count - 1);
        Assert.Equal((averaged, 0, true, Sharing.Together, StepKind.Gradient), (steps[^1].Version, steps[^1].Take, steps[^1].Evaluate, steps[^1].Sharing, steps[^1].Kind));
    }

    /// <summary>A step over the whole training set before each evaluation; updates, rates and slots go on as if it were not there.</summary>
    [Fact]
    public void Statistics_taken_for_evaluations_disturb_nothing_else() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[2, 30], Gen.Int[1, 5], Gen.Int[0, 3], Gen.Bool).Sample((train, batch, epochs, every, normalizes) =>
        {
            string[] common = [$"batch={batch}", $"epochs={epochs}", $"evaluation.everyEpochs={every}", .. _falling];
            var plain = Walk(new Course(Spec(common), train, 5, hasStatistics: true));
            var course = new Course(
                Spec([.. common, "batchNorm.evaluation=recompute", $"dataset.normalize={(normalizes ? "channel" : "none")}"]), train, 5, hasStatistics: true);
            var steps = Walk(course);
            var taken = steps.Where(s => s.Kind == StepKind.Statistics).ToList();
            Assert.All(taken, s => Assert.Equal((Sharing.Together, train, 0, false), (s.Sharing, s.Take, s.Position.Cursor, s.Evaluate)));
            Assert.Equal(course.TotalSteps, steps.Count - 1);
            Assert.Equal((normalizes ? 1 : 0) + plain.Count(s => s.Evaluate), taken.Count);
            // What is evaluated has its own statistics.
            Assert.All(steps.Where(s => s.Evaluate), s => Assert.Equal(StepKind.Statistics, steps[(int)s.Version - 1].Kind));
            Assert.Equal(
                plain.Select(s => (s.Take, s.Rate, s.PreviousRate, s.Evaluate, s.Position.Epoch, s.Position.Cursor)),
                steps.Where(s => s.Kind == StepKind.Gradient).Select(s => (s.Take, s.Rate, s.PreviousRate, s.Evaluate, s.Position.Epoch, s.Position.Cursor)));
            Assert.Equal(plain.SkipLast(1).Select(s => s.SlotAge), steps.SkipLast(1).Where(s => s.Kind == StepKind.Gradient).Select(s => s.SlotAge));
        }, iter: 200);

    [Fact]
    public void Statistics_of_the_inputs_are_taken_in_the_first_step()
    {
        var steps = Walk(new Course(Spec("batch=4", "steps=5", "dataset.normalize=feature"), 12, 0, hasStatistics: false));
        Assert.Equal([12, 4, 4, 4, 4, 4, 0], steps.Select(s => s.Take));
        Assert.Equal(StepKind.Statistics, steps[0].Kind);
        Assert.Equal([4, 5, 0], steps.Skip(4).Select(s => s.Take == 0 ? 0 : s.SlotAge + 1));
    }

    /// <summary>Skipped steps pass their examples over and are steps of the schedule; the optimizer does not learn of them.</summary>
    [Fact]
    public void Skipped_steps_move_the_position_and_the_rate_and_leave_the_slots_age()
    {
        var course = new Course(Spec(["batch=4", "steps=8", "numerics.outlierFactor=3", .. _falling]), 12, 0, hasStatistics: false);
        var skip = Verdict.Skip("rank 1: the loss is NaN");
        var notes = new List<string>();
        var usual = Walk(course);
        var steps = Walk(course, s => new StepOutcome(0, s.Version + 1, [], s.Version switch { 0 or 3 or 4 => skip, 6 => Verdict.PassOver(6), _ => default }), notes: notes);
        Assert.Equal(usual.Select(s => (s.Version, s.Position, s.Take, s.Rate)), steps.Select(s => (s.Version, s.Position, s.Take, s.Rate)));
        Assert.Equal([0, 0, 1, 2, 2, 2, 3, 3], steps.SkipLast(1).Select(s => s.SlotAge));
        // The rate at which the slots were last changed; where they are zero, the step's own.
        Assert.Equal(new[] { 0, 1, 1, 2, 2, 2, 5, 5 }.Select(step => usual[step].Rate), steps.SkipLast(1).Select(s => s.PreviousRate));
        Assert.Equal([0, 1, 1, 1, 2, 3, 3, 4], steps.SkipLast(1).Select(s => s.Progress.Skips.Steps));
        Assert.Equal([0, 1, 0, 0, 1, 2, 0, 0], steps.SkipLast(1).Select(s => s.Progress.Skips.InRow));
        Assert.Equal([Math.Sqrt(2), Math.Sqrt(3), Math.Sqrt(6)], steps[7].Progress.Skips.Norms!.Values);
        Assert.Equal("step 4 makes no update: rank 1: the loss is NaN; 3 step(s) skipped so far", notes[2]);
    }

    [Fact]
    public void The_median_is_that_of_the_last_32_norms()
    {
        var window = new NormWindow([]);
        for (var norm = 1; norm <= 7; norm++)
            Assert.Null((window = window.With(norm)).Median);
        Assert.Equal(4, (window = window.With(8)).Median);
        for (var norm = 9; norm <= 40; norm++)
            window = window.With(norm);
        Assert.Equal((32, 9, 24), (window.Values.Count, window.Values[0], window.Median));
    }

    private static string[] Swap(int batch, int epochs) =>
        ["averaging.name=swap", "averaging.trainAccuracy=0.98", $"averaging.batch={batch}", $"averaging.epochs={epochs}", "averaging.lr=0.02"];

    /// <summary>What two ranks see whose gradients have a noise scale of <paramref name="scaleOfBatch"/> times the batch; negative: no estimate.</summary>
    private static StepOutcome Noise(int take, double scaleOfBatch)
    {
        // With two equal shares: |G|² = 2|ḡ|² − mean and tr Σ = (mean − |ḡ|²) · take.
        var mean = scaleOfBatch < 0 ? 3 : ((2 * scaleOfBatch) + 1) / (scaleOfBatch + 1);
        var shares = new[] { take / 2, take - (take / 2) };
        return new StepOutcome(0, 1, [.. shares.Select(b => (b, mean * b * b / ((double)take * take)))]);
    }

    private static TrainingSpec Spec(params string[] overrides)
    {
        var read = JobFile.Read(null, "test", ["workers=2", .. overrides]);
        return (read.Job ?? throw new ArgumentException(string.Join('\n', read.Problems), nameof(overrides))).Spec;
    }

    /// <summary>Every step to the last; from the parting on those of <see cref="Rank"/>.</summary>
    private static List<OpenStep> Walk(Course course, Func<OpenStep, StepOutcome>? outcome = null, OpenStep? first = null, List<string>? notes = null)
    {
        var steps = new List<OpenStep> { first ?? course.First() };
        while (!steps[^1].IsLast)
        {
            var closed = steps[^1];
            var next = course.Next(closed, outcome?.Invoke(closed) ?? _nothing, out var note);
            steps.Add(closed.Sharing == Sharing.Together ? Course.OfReplica(next, Rank) : next);
            if (note is not null)
                notes?.Add(note);
        }

        return steps;
    }
}
