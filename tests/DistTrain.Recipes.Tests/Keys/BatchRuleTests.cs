using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class BatchRuleTests
{
    [Fact]
    public void A_number_is_the_batch_of_every_step() => Assert.Equal(new BatchRecipe(512, Policy: null), JobText.Job(null, "batch=512").Spec.BatchPlan);

    [Fact]
    public void Growth_takes_its_options_over_the_defaults()
    {
        var plan = JobText.Job(JobText.WithSpec("  batch:\n    growth: {from: 64, to: 4096, factor: 2.5}")).Spec.BatchPlan;

        Assert.Equal(("growth", 64, 4096), (plan.Policy!.Name, plan.Examples, plan.Largest));
        Assert.Equal((64L, 4096L, 2.5, 1L), (plan.Policy.Options.Whole("from"), plan.Policy.Options.Whole("to"), plan.Policy.Options.Number("factor"), plan.Policy.Options.Whole("everyEpochs")));
    }

    [Fact]
    public void Auto_takes_its_options_over_the_defaults()
    {
        var plan = JobText.Job(null, "batch={auto: {from: 64, to: 64}}", "steps=5").Spec.BatchPlan;

        Assert.Equal(("auto", 64, 64), (plan.Policy!.Name, plan.Examples, plan.Largest));
        Assert.Equal((20L, 0.95), (plan.Policy.Options.Whole("everySteps"), plan.Policy.Options.Number("smoothing")));
    }

    [Theory]
    [InlineData("{growth: {from: 64, to: 4096}}", "{growth: {from: 64, factor: 2, everyEpochs: 1, to: 4096}}")]
    [InlineData("{auto: {to: 4096, from: 64, smoothing: 0}}", "{auto: {from: 64, to: 4096, everySteps: 20, smoothing: 0}}")]
    [InlineData("+512", "512")]
    public void The_canonical_file_spells_every_option_out_and_reads_back(string given, string written)
    {
        var text = JobFile.Write(JobText.Job(null, $"batch={given}"));

        Assert.Contains($"\n  batch: {written}\n", text, StringComparison.Ordinal);
        Assert.Equal(text, JobFile.Write(JobText.Job(text)));
    }

    [Theory]
    [InlineData("{growth: {from: 1, to: 2}, auto: {from: 1, to: 2}}", "spec.batch: has 2 policies; give a whole number from 1 to 1048576, or a section with one of auto, growth, e.g. {growth: {from: 128, to: 4096}}")]
    [InlineData("{}", "spec.batch: has 0 policies; give a whole number from 1 to 1048576, or a section with one of auto, growth, e.g. {growth: {from: 128, to: 4096}}")]
    [InlineData("{grow: {from: 1, to: 2}}", "spec.batch.grow: 'grow' is no way of changing the batch; use one of auto, growth (did you mean 'growth'?)")]
    [InlineData("{growth: 5}", "spec.batch.growth: is a single value; give a section with its options")]
    [InlineData("{growth: }", "spec.batch.growth: is empty; give a section with its options")]
    [InlineData("{growth: {to: 64}}", "spec.batch.growth.from: is missing; growth needs it: give a whole number from 1 to 1048576")]
    [InlineData("{auto: {from: 64}}", "spec.batch.auto.to: is missing; auto needs it: give a whole number from 1 to 1048576")]
    [InlineData("{auto: {from: 64, to: null}}", "spec.batch.auto.to: is missing; auto needs it: give a whole number from 1 to 1048576")]
    [InlineData("{growth: {from: 64, to: 63}}", "spec.batch.growth.to: '63' is less than from, 64; give a larger one")]
    [InlineData("{growth: {from: 64, to: 1048577}}", "spec.batch.growth.to: '1048577' is not allowed; give a whole number from 1 to 1048576")]
    [InlineData("{growth: {from: 64, to: 128, factor: 1}}", "spec.batch.growth.factor: '1' is not allowed; give a number above 1")]
    [InlineData("{growth: {from: 64, to: 128, everyEpochs: 0}}", "spec.batch.growth.everyEpochs: '0' is not allowed; give a whole number from 1 to 1000000")]
    [InlineData("{growth: {from: 64, to: 128, everySteps: 5}}", "spec.batch.growth.everySteps: 'everySteps' is not an option of growth; use from, factor, everyEpochs, to")]
    [InlineData("{auto: {from: 64, to: 128, smoothing: 1}}", "spec.batch.auto.smoothing: '1' is not allowed; give a number in [0, 1)")]
    [InlineData("[64]", "spec.batch: is a list; give a whole number from 1 to 1048576")]
    [InlineData("big", "spec.batch: 'big' is not a whole number; give a whole number from 1 to 1048576")]
    public void Each_mistake_is_one_problem_with_path_value_and_rule(string batch, string problem) =>
        Assert.Equal($"job.yaml:4: {problem}", Assert.Single(JobText.Problems(JobText.WithSpec($"  batch: {batch}"))).Split(" (did you mean 'everyEpochs'")[0]);

    [Fact]
    public void All_mistakes_of_a_policy_come_at_once() =>
        Assert.Equal(
            ["spec.batch.auto.from", "spec.batch.auto.smoothing", "spec.batch.auto.step", "spec.batch.auto.to"],
            JobText.Read(null, "batch={auto: {from: 0, smoothing: 2, step: 1}}").Problems.Select(p => p.Path).Order());

    [Theory]
    [InlineData("a batch of 3 leaves some of 4 workers without examples; raise batch or lower workers", "batch={growth: {from: 3, to: 64}}", "workers=4")]
    [InlineData("growth counts in epochs; give the job's length in epochs, not in steps", "batch={growth: {from: 3, to: 64}}", "steps=10")]
    [InlineData("auto measures the noise by comparing the gradients of ranks, and there is one; raise workers to at least 2", "batch={auto: {from: 3, to: 64}}", "workers=1")]
    public void What_does_not_go_with_the_rest_of_the_job_is_refused(string rule, params string[] changes) =>
        Assert.Equal($"--set {changes[0]}: spec.batch: {rule}", Assert.Single(JobText.Problems(null, changes)));

    [Theory]
    [InlineData(256, 64, "batch=128", "workers=2", "microBatch=256", "none")]
    [InlineData(256, 256, "batch={growth: {from: 64, to: 1000}}", "workers=2", "microBatch=256", "none")]
    [InlineData(256, 125, "batch={growth: {from: 64, to: 250}}", "workers=2", "microBatch=256", "none")]
    [InlineData(256, 34, "batch={auto: {from: 10, to: 100}}", "workers=3", "microBatch=256", "none")]
    [InlineData(256, 128, "batch=16", "workers=2", "microBatch=256", "{name: swap, batch: 128}")]
    [InlineData(256, 100, "batch=200", "workers=2", "microBatch=256", "{name: swap, batch: 64}")]
    [InlineData(32, 32, "batch=16", "workers=2", "microBatch=32", "{name: swap, batch: 128}")]
    public void The_largest_pass_of_a_rank_follows_from_the_largest_batch_of_any_phase(int micro, int largest, params string[] changes)
    {
        var spec = JobText.Job(null, changes[0], changes[1], changes[2], $"averaging={(changes[3] == "none" ? "{name: none}" : changes[3])}").Spec;

        Assert.Equal((micro, largest), (spec.MicroBatch, spec.LargestMicroBatch));
    }
}
