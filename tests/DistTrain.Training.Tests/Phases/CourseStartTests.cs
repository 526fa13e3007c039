using CsCheck;
using DistTrain.Protocol;
using DistTrain.Recipes.Files;
using DistTrain.Training.Phases;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Tests.Phases;

/// <summary>The first step of a job that starts from what another has saved, and all that follow from it.</summary>
[Trait("Kind", "Fast")]
public sealed class CourseStartTests
{
    private const int Train = 26;

    private static readonly string[] _falling = ["batch=8", "epochs=5", "schedule={name: polynomial, power: 1, warmupEpochs: 1}", "evaluation.everyEpochs=2"];

    public static TheoryData<string[]> Jobs => new()
    {
        { [.. _falling] },
        { [.. _falling, "dataset.normalize=feature", "batchNorm.evaluation=recompute"] },
        { [.. _falling, "batch={growth: {from: 4, to: 20, factor: 2, everyEpochs: 1}}"] },
        { [.. _falling, "numerics.outlierFactor=3"] },
        { [.. _falling, "averaging={name: swa, startEpoch: 3}"] },
        { [.. _falling, "averaging={name: swap, trainAccuracy: 0.9, batch: 5, epochs: 2, lr: 0.03}"] },
        { [.. _falling, "averaging={name: post-local, startEpoch: 3, everySteps: 2}"] },
    };

    /// <summary>Wherever a job was saved while its ranks trained together, one that keeps all of it goes on with the very steps.</summary>
    [Theory]
    [MemberData(nameof(Jobs))]
    public void A_job_that_keeps_slots_and_position_takes_the_steps_that_the_other_would_have_taken(params string[] settings)
    {
        var course = CourseOf(settings);
        var steps = Walk(course, course.First());
        var starts = steps.Where(s => s is { Sharing: Sharing.Together, Position.Phase: 0, IsLast: false } && course.WhyNotAt(s) is null).ToList();
        Assert.InRange(starts.Count, 10, steps.Count);
        foreach (var start in starts)
            Assert.Equal(steps.Skip((int)start.Version).Select(Text), Walk(course, course.First(start, keepsSlots: true, keepsPosition: true)).Select(Text));
    }

    [Fact]
    public void From_the_end_of_a_shorter_job_a_longer_one_goes_on_as_if_it_had_been_one() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 4], Gen.Bool).Sample((shorter, more, normalizes) =>
        {
            string[] common = ["batch=8", "schedule={name: step, every: 1, factor: 0.5}", $"dataset.normalize={(normalizes ? "feature" : "none")}"];
            var (first, whole) = (CourseOf([.. common, $"epochs={shorter}"]), CourseOf([.. common, $"epochs={shorter + more}"]));
            var end = Walk(first, first.First())[^1];
            Assert.True(end.IsLast);
            var expected = Walk(whole, whole.First()).Skip((int)end.Version);
            Assert.Equal(expected.Select(Text), Walk(whole, whole.First(end, keepsSlots: true, keepsPosition: true)).Select(Text));
        }, iter: 30);

    [Theory]
    [MemberData(nameof(Jobs))]
    public void Whichever_is_dropped_begins_anew_and_what_is_kept_goes_on(params string[] settings)
    {
        var course = CourseOf(settings);
        var saved = Walk(course, course.First())[6];

        var anew = Walk(course, course.First(saved, keepsSlots: false, keepsPosition: false));
        Assert.Equal(Walk(course, course.First()).Select(Text), anew.Select(Text));

        var withSlots = Walk(course, course.First(saved, keepsSlots: true, keepsPosition: false));
        Assert.Equal(0, withSlots[0].Version);
        var update = withSlots.First(s => s.Kind == StepKind.Gradient);
        Assert.Equal((saved.SlotAge, saved.PreviousRate), (update.SlotAge, update.PreviousRate));
        Assert.Equal(saved.SlotAge + 1, withSlots[(int)update.Version + 1].SlotAge);

        var inPlace = Walk(course, course.First(saved, keepsSlots: false, keepsPosition: true));
        Assert.Equal((saved.Version, saved.Position, 0, inPlace[0].Rate), (inPlace[0].Version, inPlace[0].Position, inPlace[0].SlotAge, inPlace[0].PreviousRate));
        Assert.Equal(1, inPlace[1].SlotAge);
    }

    [Theory]
    [InlineData("epochs=2", "it stands at step 8, after 2 epochs, and there the job is over; give more epochs")]
    [InlineData("averaging={name: post-local, startEpoch: 1}", "it stands at step 8, after 2 epochs, and local steps begin before, at epoch 1; raise averaging.startEpoch")]
    [InlineData("averaging={name: swa, startEpoch: 2}", "it stands at step 8, after 2 epochs, and versions are averaged from epoch 2 on, of which it has none; raise averaging.startEpoch")]
    [InlineData("averaging={name: post-local, startEpoch: 2}", null)]
    [InlineData("averaging={name: swa, startEpoch: 3}", null)]
    [InlineData("epochs=3", null)]
    public void Where_a_job_can_not_go_on_it_is_said_why(string setting, string? expected)
    {
        var before = CourseOf(_falling);
        var saved = Walk(before, before.First()).First(s => s.Position is { Epoch: 2, Cursor: 0 });
        Assert.Equal(expected, CourseOf([.. _falling, setting]).WhyNotAt(saved));
    }

    [Fact]
    public void An_open_step_of_a_job_without_a_start_is_written_as_ever_and_one_with_reads_back()
    {
        var course = CourseOf(_falling);
        var saved = Walk(course, course.First())[6];
        Assert.DoesNotContain("slotsBefore", OpenStepJson.Write(saved), StringComparison.Ordinal);
        var first = course.First(saved, keepsSlots: true, keepsPosition: false);
        Assert.Equal(Text(first), Text(OpenStepJson.Read(OpenStepJson.Write(first))));
        Assert.Equal((5, 5), (saved.SlotAge, first.Progress.SlotsBefore));
    }

    /// <summary>All of a step, also what its equality leaves out.</summary>
    private static string Text(OpenStep step) => OpenStepJson.Write(step);

    private static Course CourseOf(params string[] settings)
    {
        var read = JobFile.Read(null, "test", ["workers=2", .. settings]);
        return new Course((read.Job ?? throw new ArgumentException(string.Join('\n', read.Problems), nameof(settings))).Spec, Train, 5, hasStatistics: true);
    }

    private static List<OpenStep> Walk(Course course, OpenStep first)
    {
        var steps = new List<OpenStep> { first };
        while (!steps[^1].IsLast)
        {
            var closed = steps[^1];
            var skips = closed is { Kind: StepKind.Gradient, Sharing: Sharing.Together } && closed.Version % 5 == 3;
            var next = course.Next(closed, new StepOutcome(closed.Take / 2, 4, [], skips ? Verdict.Skip("its numbers") : default), out _);
            steps.Add(closed.Sharing == Sharing.Together ? Course.OfReplica(next, 1) : next);
        }

        return steps;
    }
}
