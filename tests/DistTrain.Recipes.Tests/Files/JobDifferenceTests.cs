using CsCheck;
using DistTrain.Recipes.Files;
using DistTrain.Tests.Jobs;

namespace DistTrain.Recipes.Tests.Files;

[Trait("Kind", "Fast")]
public sealed class JobDifferenceTests
{
    private static readonly TrainingJob _job = JobText.Job(null, "dataset.name=mnist", "dataset.path=data");

    [Fact]
    public void A_job_does_not_differ_from_itself() =>
        JobGenerator.Job.Sample(job => JobFile.Differences(job, job).Count == 0);

    [Theory]
    [InlineData("seed=2", "spec.seed: 1 before, 2 now")]
    [InlineData("workers=3", "spec.workers: 2 before, 3 now")]
    [InlineData("optimizer.lr=0.5", "spec.optimizer.lr: 0.05 before, 0.5 now")]
    [InlineData("model.norm=batch", "spec.model.norm: none before, batch now")]
    [InlineData("epochs=7", "spec.epochs: 4 before, 7 now")]
    public void What_decides_the_bits_is_named_with_both_values(string change, string expected) =>
        Assert.Equal([expected], Differences(change));

    [Fact]
    public void All_differences_are_told_at_once() =>
        Assert.Equal(["spec.workers", "spec.seed"], JobFile.Differences(_job, With("seed=2", "workers=4")).Select(d => d.Path));

    [Fact]
    public void An_option_that_only_one_of_two_policies_has_is_none_in_the_other() =>
        Assert.Contains("spec.optimizer.coefficient: none before, 0.001 now", Differences("optimizer.name=lars", "optimizer.coefficient=0.001"));

    [Theory]
    [InlineData("dataset.path=elsewhere")]
    [InlineData("checkpoint.everySteps=5")]
    [InlineData("checkpoint.keep=9")]
    public void Where_files_are_and_how_often_is_saved_may_change(string change) => Assert.Empty(Differences(change));

    /// <summary>It says where a rollback begins.</summary>
    [Fact]
    public void Steps_between_checkpoints_decide_the_bits_of_a_job_that_rolls_back()
    {
        var before = With("numerics.policy=rollback", "checkpoint.everySteps=5");
        Assert.Equal(
            "spec.checkpoint.everySteps: 5 before, 6 now",
            Assert.Single(JobFile.Differences(before, With("numerics={policy: rollback, replayCheck: 7}", "checkpoint.everySteps=6"))).ToString());
    }

    /// <summary>What a job starts from is its digest; where that lies may change, and who does not say it means what it was.</summary>
    [Fact]
    public void What_a_job_starts_from_is_its_digest()
    {
        string[] start = ["from={checkpoint: /a, slots: keep}"];
        var (one, other) = ($"from.sha256='{new string('1', 64)}'", $"from.sha256='{new string('2', 64)}'");
        Assert.Empty(JobFile.Differences(With([.. start, one]), With("from={checkpoint: /b, slots: keep}", one)));
        Assert.Empty(JobFile.Differences(With([.. start, one]), With(start)));
        Assert.Equal(
            [$"spec.from.sha256: {new string('1', 64)} before, {new string('2', 64)} now", "spec.from.slots: keep before, drop now"],
            JobFile.Differences(With([.. start, one]), With("from={checkpoint: /a}", other)).Select(d => d.ToString()));
        Assert.Equal(
            ["spec.from.slots: none before, keep now", "spec.from.position: none before, start now"],
            JobFile.Differences(_job, With(start)).Select(d => d.ToString()));
    }

    private static IEnumerable<string> Differences(params string[] changes) => JobFile.Differences(_job, With(changes)).Select(d => d.ToString());

    private static TrainingJob With(params string[] changes) => JobText.Job(null, ["dataset.name=mnist", "dataset.path=data", .. changes]);
}
