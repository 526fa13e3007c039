using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes.Tests;

/// <summary>Steps in which BatchNorm has one value are known before the first.</summary>
[Trait("Kind", "Fast")]
public sealed class BatchNormCheckTests
{
    private static ParameterLayout Layout(int positions) => ParameterLayout.Of(
    [
        new Segment("norm1.weight", SegmentKind.Norm, [4], 0, Initialization.One),
        new Segment("norm1.statistics", SegmentKind.Statistics, [4, 2], 0, new Initialization(InitializationKind.Statistics), positions),
    ]);

    private static string? Problem(int trainExamples, params string[] changes) =>
        BatchNormCheck.Problem(JobText.Job(null, changes).Spec, Layout(positions: 1), trainExamples);

    [Theory]
    [InlineData(129, "the last step of each epoch, of 1 example(s), leaves ranks 0 to 1 together one example", "batch=128", "batchNorm.scope=global")]
    [InlineData(67, "the last step of each epoch, of 3 example(s), leaves ranks 0 to 1 together one example", "batch=64", "workers=4", "batchNorm.scope=group:2")]
    [InlineData(65, "the last step of each epoch, of 1 example(s)", "batch=64", "workers=4", "batchNorm.scope=group:2", "steps=2")]
    [InlineData(100, "each step, of 4 example(s), leaves rank 0 one example", "batch=4", "workers=4", "batchNorm.scope=group:1")]
    [InlineData(1000, "each step, of 129 example(s)", "batch=129", "microBatch=64", "batchNorm.scope=global")]
    [InlineData(34, "the first step, of 34 example(s)", "batch=16", "batchNorm.scope=group:1", "dataset.normalize=feature")]
    [InlineData(257, "the step that takes statistics anew, of 257 example(s)", "batch=256", "steps=1", "microBatch=128", "batchNorm.scope=global", "batchNorm.evaluation=recompute")]
    [InlineData(33, "the last step of each epoch, of 1 example(s)", "epochs=3", "batch={growth: {from: 8, to: 32}}", "batchNorm.scope=global")]
    public void A_step_that_would_fail_is_named(int trainExamples, string step, params string[] changes) =>
        Assert.StartsWith(step, Problem(trainExamples, changes)!, StringComparison.Ordinal);

    [Theory]
    [InlineData(130, "batch=128", "batchNorm.scope=global")]
    [InlineData(128, "batch=128", "batchNorm.scope=global")]
    [InlineData(129, "batch=128", "batchNorm.scope=global", "steps=1")]
    [InlineData(129, "batch=128", "batchNorm.scope=local")]
    [InlineData(129, "batch=128", "batchNorm.scope=ghost:2")]
    [InlineData(68, "batch=64", "workers=4", "batchNorm.scope=group:2")]
    [InlineData(129, "batch=128", "batchNorm.scope=global", "microBatch=60", "averaging={name: post-local, startEpoch: 0}")]
    public void Steps_with_examples_enough_are_not(int trainExamples, params string[] changes) => Assert.Null(Problem(trainExamples, changes));

    [Fact]
    public void One_example_with_many_positions_has_a_variance() =>
        Assert.Null(BatchNormCheck.Problem(JobText.Job(null, "batch=128", "batchNorm.scope=global").Spec, Layout(positions: 49), 129));

    [Theory]
    [InlineData(129, "batch=128", "batchNorm.scope=global")]
    [InlineData(67, "batch=64", "workers=4", "batchNorm.scope=group:2")]
    [InlineData(1000, "batch=129", "microBatch=64", "batchNorm.scope=global")]
    public void What_it_says_to_do_cures_it(int trainExamples, params string[] changes)
    {
        var cure = Problem(trainExamples, changes)!.Split("; use ")[1].Split(", or")[0].Split(" or ");
        Assert.NotEmpty(cure);
        foreach (var setting in cure)
        {
            var (key, value) = (setting.Split(": ")[0], setting.Split(": ")[1]);
            var examples = key == "batch" ? trainExamples : int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Null(Problem(examples, [.. changes, $"{key}={value}"]));
        }
    }

    [Theory]
    [InlineData(true, "batch=4", "workers=4")]
    [InlineData(true, "batch=64", "microBatch=1")]
    [InlineData(true, "batch=64", "batchNorm.scope=ghost:1")]
    [InlineData(false, "batch=5", "workers=4")]
    [InlineData(false, "batch=4", "workers=4", "batchNorm.scope=global")]
    public void One_example_at_a_time_is_warned_of(bool warns, params string[] changes)
    {
        var spec = JobText.Job(null, changes).Spec;
        Assert.Equal(warns, BatchNormCheck.Warning(spec, Layout(positions: 1)) is not null);
        Assert.Null(BatchNormCheck.Warning(spec, Layout(positions: 4)));
    }
}
