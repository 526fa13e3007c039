namespace DistTrain.Recipes.Tests;

[Trait("Kind", "Fast")]
public sealed class JobRatesTests
{
    /// <summary>1706.02677: 0.1 at 256 is 3.2 at 8192, reached from 0.1 in 5 epochs.</summary>
    [Fact]
    public void Linear_scaling_from_the_reference_rate_is_Goyals()
    {
        var spec = JobText.Job(
            null, "batch=8192", "epochs=90", "optimizer.lr=0.1", "scaling={rule: linear, warmupFrom: reference}", "schedule={name: multi-step, milestones: [30, 60, 80], warmupEpochs: 5}").Spec;
        var rate = JobRates.Resolve(spec);
        var curve = JobRates.Curve(spec, 8192 * 100);

        Assert.Equal((0.1, 32, 3.2, 5, 0, 1 / 32.0), (rate.BaseRate, rate.Factor, rate.LearningRate, rate.WarmupEpochs, rate.WarmupSteps, rate.WarmupFrom));
        Assert.Equal("learning rate 3.2 = 0.1 * 32 (linear, batch 8192 / 256); warm-up 5 epochs from 0.1", rate.Text);
        Assert.Equal(0.1, curve.At(0).Rate, 1e-12);
        Assert.Equal(1.65, curve.At(250).Rate, 1e-12);
        Assert.Equal(3.2, curve.At(500).Rate, 1e-12);
        Assert.Equal(0.32, curve.At(3000).Rate, 1e-12);
        Assert.Equal(9000, curve.TotalSteps);
    }

    [Fact]
    public void Legw_stretches_a_warm_up_in_epochs_and_keeps_one_in_steps()
    {
        string[] job = ["batch=1024", "epochs=90", "scaling.rule=legw"];

        Assert.Equal((0.1, 4, 0), Resolved("schedule.warmupEpochs=1"));
        Assert.Equal((0.1, 0, 50), Resolved("schedule.warmupSteps=50"));
        Assert.Equal((0.1, 4, 0), Resolved("schedule={name: noam, warmupEpochs: 1}"));

        (double, double, double) Resolved(string schedule)
        {
            var rate = JobRates.Resolve(JobText.Job(null, [.. job, schedule]).Spec);
            return (rate.LearningRate, rate.WarmupEpochs, rate.WarmupSteps);
        }
    }

    [Fact]
    public void A_scaled_warm_up_reaches_the_schedule_that_has_its_own()
    {
        var spec = JobText.Job(null, "batch=1024", "epochs=90", "scaling.rule=legw", "schedule={name: noam, warmupEpochs: 1}").Spec;
        var curve = JobRates.Curve(spec, 10_240);

        Assert.Equal(39, Enumerable.Range(0, 100).MaxBy(step => curve.At(step).Rate));
        Assert.Equal(0.1, curve.At(39).Rate, 1e-12);
    }

    [Fact]
    public void Without_a_rule_the_rate_is_as_given() =>
        Assert.Equal("learning rate 0.05; no warm-up", JobRates.Resolve(JobText.Job(null, "batch=4096").Spec).Text);
}
