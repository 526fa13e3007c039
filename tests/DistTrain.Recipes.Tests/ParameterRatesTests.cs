using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests;

/// <summary>Patterns over the names of a model's parameters: which are frozen, and what the others' rates are multiplied by.</summary>
[Trait("Kind", "Fast")]
public sealed class ParameterRatesTests
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
    [
        new Segment("conv1.weight", SegmentKind.Weight, [4], 0, Initialization.One),
        new Segment("norm1.weight", SegmentKind.Norm, [4], 0, Initialization.One),
        new Segment("fc1.weight", SegmentKind.Weight, [4], 0, Initialization.One),
        new Segment("fc1.bias", SegmentKind.Bias, [4], 0, Initialization.One),
        new Segment("norm1.statistics", SegmentKind.Statistics, [4, 2], 0, new Initialization(InitializationKind.Statistics), 1),
    ]);

    [Theory]
    [InlineData("1 1 1 1 1")]
    [InlineData("0 1 1 1 1", "freeze=[conv1.weight]")]
    [InlineData("0 0 1 1 1", "freeze=[conv1.*, norm?.*]")]
    [InlineData("0 0 0 1 1", "freeze=['*1.weight']", "rates={'norm1.*': 3}")]
    [InlineData("0 0.1 0.1 2 1", "freeze=['conv*']", "rates={'*.weight': 0.1, 'fc1.bias': 2}")]
    [InlineData("1 1 10 10 1", "rates={'fc*': 10}")]
    public void The_factor_of_each_segment_is_that_of_the_pattern_that_matches_it(string expected, params string[] changes)
    {
        var spec = JobText.Job(null, changes).Spec;
        Assert.Equal(expected, string.Join(' ', ParameterRates.Of(spec, Layout).Select(factor => FormattableString.Invariant($"{factor}"))));
        Assert.Empty(ParameterRates.Problems(spec, Layout));
    }

    [Fact]
    public void All_that_does_not_go_with_the_model_is_said_at_once() =>
        Assert.Equal(
            [
                "spec.freeze: 'norm1.statistics' matches no parameter; the model has conv1.weight, norm1.weight, fc1.weight, fc1.bias; correct the pattern, or leave it out",
                "spec.rates: 'Conv1.weight' matches no parameter; the model has conv1.weight, norm1.weight, fc1.weight, fc1.bias; correct the pattern, or leave it out",
                "spec.rates: fc1.bias matches '*.bias' and 'fc1.*'; let one pattern say its factor",
            ],
            ParameterRates.Problems(JobText.Job(null, "freeze=[norm1.statistics]", "rates={Conv1.weight: 2, 'fc1.*': 2, '*.bias': 3}").Spec, Layout));

    [Fact]
    public void A_job_in_which_nothing_trains_is_refused() =>
        Assert.Equal(
            "spec.freeze: all parameters are frozen, and nothing would train; leave one free",
            Assert.Single(ParameterRates.Problems(JobText.Job(null, "freeze=['*.bias', '*.weight']").Spec, Layout)));

    [Fact]
    public void The_patterns_of_a_job_are_written_in_one_order_and_read_back()
    {
        var job = JobText.Job(null, "freeze=[norm1.*, conv1.weight]", "rates={'fc1.*': 10, '*.bias': 0.5}");
        var text = JobFile.Write(job);
        Assert.Contains("\n  freeze: [conv1.weight, \"norm1.*\"]\n  rates: {\"*.bias\": 0.5, \"fc1.*\": 10}\n", text, StringComparison.Ordinal);
        Assert.Equal(text, JobFile.Write(JobText.Job(text)));
        Assert.DoesNotContain("freeze", JobFile.Write(JobText.Job(null, "freeze=[]")), StringComparison.Ordinal);
        Assert.Equal(
            "spec.rates.fc1.*: 10 before, 5 now",
            Assert.Single(JobFile.Differences(job, JobText.Job(null, "freeze=[norm1.*, conv1.weight]", "rates={'fc1.*': 5, '*.bias': 0.5}"))).ToString());
    }

    [Theory]
    [InlineData("freeze=conv1.weight", "spec.freeze: is a single value; give a list of patterns, in brackets: [\"conv1.*\"]")]
    [InlineData("freeze=[a, a]", "spec.freeze: 'a' is in the list twice; keep one")]
    [InlineData("rates=[a]", "spec.rates: is a list; give a section of patterns, each with")]
    [InlineData("rates={a: 0}", "spec.rates.a: '0' is not allowed; give")]
    [InlineData("rates={a: fast}", "spec.rates.a: 'fast' is not a number; give")]
    public void Patterns_of_another_shape_are_refused(string change, string problem) =>
        Assert.Contains(problem, Assert.Single(JobText.Problems(null, change)), StringComparison.Ordinal);
}
