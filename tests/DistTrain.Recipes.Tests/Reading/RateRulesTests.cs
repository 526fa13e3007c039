namespace DistTrain.Recipes.Tests.Reading;

/// <summary>The rules that tie schedule, scaling and length together. Digits have 8000 examples: 63 steps of 128 an epoch.</summary>
[Trait("Kind", "Fast")]
public sealed class RateRulesTests
{
    [Theory]
    [InlineData("schedule.warmupSteps: warmupEpochs and warmupSteps both say how long the warm-up is; keep one", "schedule={warmupEpochs: 1, warmupSteps: 10}")]
    [InlineData("schedule.warmupEpochs: is missing; noam falls from the end of its warm-up on: give warmupEpochs or warmupSteps", "schedule={name: noam}")]
    [InlineData("schedule.warmupEpochs: a warm-up of 5 epochs is longer than the job of 4 epochs; shorten it, or make the job longer", "schedule={warmupEpochs: 5}")]
    [InlineData("schedule.warmupSteps: a warm-up of 253 steps is longer than the job of 252 steps; shorten it, or make the job longer", "schedule={name: noam, warmupSteps: 253}")]
    [InlineData("schedule.milestones[1]: '2' is not above 3, the one before; give a list of ascending numbers above 0", "schedule={name: multi-step, milestones: [3, 2]}")]
    [InlineData("schedule.milestones: is missing; multi-step needs it: give a list of ascending numbers above 0", "schedule={name: multi-step}")]
    [InlineData("scaling.rule: legw scales the warm-up with the batch, and there is none; give schedule.warmupEpochs", "scaling={rule: legw}")]
    [InlineData("scaling.referenceBatch: '0' is not allowed; give a whole number from 1 to 1048576", "scaling={rule: linear, referenceBatch: 0}")]
    [InlineData("scaling.warmupFrom: schedule.warmupFrom says where the warm-up starts as well; keep one", "scaling={rule: linear, warmupFrom: reference}", "schedule={warmupEpochs: 1, warmupFrom: 0.1}")]
    [InlineData("schedule.warmupEpochs: a warm-up of 8 epochs after legw is longer than the job of 4 epochs; shorten it, or make the job longer", "scaling={rule: legw, referenceBatch: 32}", "schedule={warmupEpochs: 2}")]
    public void Impossible_settings_are_refused(string problem, params string[] changes) =>
        Assert.EndsWith($": spec.{problem}", Assert.Single(JobText.Problems(null, changes)), StringComparison.Ordinal);

    [Fact]
    public void They_are_reported_with_all_other_mistakes() =>
        Assert.Equal(
            ["spec.seed", "spec.schedule.warmupEpochs", "spec.scaling.rule"],
            JobText.Read(null, "seed=x", "schedule.warmupEpochs=9", "scaling.rule=lienar").Problems.Select(p => p.Path).OrderBy(p => p != "spec.seed").ThenBy(p => p == "spec.scaling.rule"));

    [Theory]
    [InlineData("schedule.milestones: 4, 6 lies behind the end of the job (4 epochs) and has no effect", "schedule={name: multi-step, milestones: [2, 4, 6]}")]
    [InlineData("schedule.milestones: 300 lies behind the end of the job (252 steps) and has no effect", "schedule={name: multi-step, milestones: [200, 300], unit: steps}")]
    [InlineData("schedule.every: 30 lies behind the end of the job (4 epochs) and has no effect", "schedule={name: step}")]
    [InlineData("scaling.rule: 8 times the rate without a warm-up is likely to diverge in the first epochs (1706.02677); give schedule.warmupEpochs", "scaling={rule: linear, referenceBatch: 16}")]
    [InlineData("scaling.warmupFrom: reference has no effect: the rate is not scaled", "scaling={warmupFrom: reference}")]
    [InlineData("scaling.warmupFrom: reference has no effect: there is no warm-up", "scaling={rule: sqrt, warmupFrom: reference}")]
    [InlineData("scaling.warmupFrom: reference has no effect: noam's warm-up starts at zero", "scaling={rule: sqrt, warmupFrom: reference}", "schedule={name: noam, warmupEpochs: 1}")]
    public void What_is_likely_a_mistake_is_a_warning_beside_a_good_job(string warning, params string[] changes)
    {
        var result = JobText.Read(null, changes);

        Assert.NotNull(result.Job);
        Assert.EndsWith($": spec.{warning}", Assert.Single(result.Warnings).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batch=256", "scaling.rule=linear")]
    [InlineData("scaling={rule: linear, referenceBatch: 16}", "schedule.warmupEpochs=1")]
    [InlineData("scaling={rule: linear, referenceBatch: 16}", "schedule.name=one-cycle")]
    [InlineData("schedule={name: multi-step, milestones: [1, 2, 3]}", "scaling={rule: sqrt, referenceBatch: 1}")]
    [InlineData("schedule.warmupEpochs=4", "seed=1")]
    [InlineData("dataset={name: mnist, path: data}", "schedule.warmupSteps=1000000")]
    public void Nothing_is_said_of_what_is_sound_or_cannot_be_known(params string[] changes)
    {
        var result = JobText.Read(null, changes);

        Assert.NotNull(result.Job);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void With_the_size_of_the_data_known_the_warm_up_is_judged_in_either_unit()
    {
        var spec = JobText.Job(null, "dataset={name: mnist, path: data}", "schedule.warmupSteps=1000").Spec;

        Assert.Null(ScheduleCheck.Problem(spec, 32_000));
        Assert.Equal("a warm-up of 1000 steps is longer than the job of 996 steps; shorten it, or make the job longer", ScheduleCheck.Problem(spec, 31_872));
    }

    [Fact]
    public void Warnings_stand_in_order_of_line()
    {
        var result = JobText.Read(JobText.WithSpec("  scaling:\n    rule: linear\n    referenceBatch: 1\n  schedule:\n    name: step"), "schedule.every=90");

        Assert.Equal(["job.yaml:5", "--set schedule.every=90"], result.Warnings.Select(w => w.ToString().Split(": spec")[0]));
    }
}
