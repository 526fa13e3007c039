using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs;

namespace DistTrain.Worker.Tests.Jobs;

[Trait("Kind", "Fast")]
public sealed class JobPreparationTests
{
    [Theory]
    [InlineData("workers=1", true)]
    [InlineData("workers=2", false)]
    public void A_job_of_one_rank_is_told_that_it_has_no_noise_scale(string workers, bool isTold)
    {
        var spec = JobFile.Read(null, "job", [workers, "model.name=softmax"]).Job!.Spec;
        var data = new DataRecord("fingerprint", [], [1, 4, 4], Classes: 3, TrainExamples: 60, TestExamples: 20, Summary: "", ["data digits"]);
        string[] lines = [.. JobPreparation.Of(spec, data).Lines(spec)];
        Assert.Equal("data digits", lines[0]);
        Assert.Equal(isTold ? 2 : 1, lines.Length);
        Assert.All(lines.Skip(1), line => Assert.Contains("no noise scale", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Patterns_that_match_no_parameter_of_the_model_are_a_problem_of_the_job()
    {
        var spec = JobFile.Read(null, "job", ["model.name=softmax", "freeze=[stem.*]"]).Job!.Spec;
        var data = new DataRecord("fingerprint", [], [1, 4, 4], Classes: 3, TrainExamples: 60, TestExamples: 20, Summary: "", []);
        Assert.StartsWith("spec.freeze: 'stem.*' matches no parameter; the model has fc1.weight, fc1.bias", Assert.Single(JobPreparation.Of(spec, data).Problems(spec)), StringComparison.Ordinal);
    }
}
