namespace DistTrain.Recipes.Tests.Documents;

[Trait("Kind", "Fast")]
public sealed class OverrideTests
{
    [Fact]
    public void Paths_may_leave_out_spec()
    {
        var job = JobText.Job(null, "workers=4", "spec.batch=64", "metadata.name=trial-7", "optimizer.lr=0.2");

        Assert.Equal((4, 64, "trial-7", 0.2), (job.Spec.Workers, job.Spec.Batch, job.Name, job.Spec.Optimizer.Options.Number("lr")));
    }

    [Fact]
    public void An_override_wins_over_the_file_and_a_later_one_over_an_earlier()
    {
        var job = JobText.Job(JobText.WithSpec("  workers: 3\n  seed: 5"), "workers=4", "workers=6");

        Assert.Equal((6, 5), (job.Spec.Workers, job.Spec.Seed));
    }

    [Fact]
    public void A_wrong_value_of_the_file_is_cured_by_an_override() =>
        Assert.Equal(4, JobText.Job(JobText.WithSpec("  workers: none"), "workers=4").Spec.Workers);

    [Fact]
    public void Values_may_be_lists_and_sections()
    {
        var job = JobText.Job(null, "model={name: custom}", "model.layers=[flatten, linear: 10]", "optimizer.decayExclude=[bias]");

        Assert.Equal([new FlattenRecipe(), new LinearRecipe(10, true)], job.Spec.Model.Layers);
        Assert.Equal(["bias"], job.Spec.Optimizer.Options.Names("decayExclude"));
    }

    [Fact]
    public void A_value_may_hold_an_equals_sign() =>
        Assert.Equal("/data/a=b", JobText.Job(null, "dataset.name=mnist", "dataset.path=/data/a=b").Spec.Dataset.Path);

    [Fact]
    public void Null_brings_the_default_back()
    {
        var job = JobText.Job(JobText.WithSpec("  dataset: {name: mnist, path: /data}\n  batch: 7"), "dataset=null", "batch=null");

        Assert.Equal(("digits", null, 128), (job.Spec.Dataset.Name, job.Spec.Dataset.Path, job.Spec.Batch));
    }

    [Theory]
    [InlineData("epochs: 9", "steps=50", null, 50L)]
    [InlineData("steps: 9", "epochs=5", 5, null)]
    [InlineData("seed: 9", "steps=50", null, 50L)]
    [InlineData("epochs: 9", "steps=null", 9, null)]
    [InlineData("epochs: nine", "steps=50", null, 50L)]
    public void Setting_one_length_takes_the_files_other_away(string file, string change, int? epochs, long? steps)
    {
        var spec = JobText.Job(JobText.WithSpec("  " + file), change).Spec;

        Assert.Equal((epochs, steps), (spec.Epochs, spec.Steps));
    }

    [Fact]
    public void Two_lengths_from_one_place_are_a_problem()
    {
        const string Rule = "spec.steps: epochs and steps both say how long the job is; keep one";

        Assert.Equal($"job.yaml:5: {Rule}", Assert.Single(JobText.Problems(JobText.WithSpec("  epochs: 1\n  steps: 2"))));
        Assert.Equal($"--set steps=2: {Rule}", Assert.Single(JobText.Problems(null, "epochs=1", "steps=2")));
    }

    [Theory]
    [InlineData("workers", "--set workers: is not of the form path=value, e.g. optimizer.lr=0.1")]
    [InlineData("=4", "--set =4: is not of the form path=value, e.g. optimizer.lr=0.1")]
    [InlineData("a..b=4", "--set a..b=4: is not of the form path=value, e.g. optimizer.lr=0.1")]
    [InlineData("workers=", "--set workers=: spec.workers: has no value; write one behind '=', or null for the default")]
    [InlineData("workers= # 4", "--set workers= # 4: spec.workers: has no value; write one behind '=', or null for the default")]
    [InlineData("seed.x=1", "--set seed.x=1: spec.seed: is a section; give a whole number that fits in 64 bits")]
    [InlineData("checkpoint=5", "--set checkpoint=5: spec.checkpoint: is a single value; give a section")]
    [InlineData("dataset.path=*.csv", "--set dataset.path=*.csv: spec.dataset.path: '*.csv' job files have no aliases; write the value out (or quote it, when the * is meant)")]
    public void A_bad_override_is_its_own_source(string change, string problem) =>
        Assert.Equal(problem, Assert.Single(JobText.Problems(null, change)));

    [Fact]
    public void An_override_that_is_not_YAML_says_how_to_quote()
    {
        var problem = Assert.Single(JobText.Problems(null, "model.layers=[flatten"));

        Assert.StartsWith("--set model.layers=[flatten: spec.model.layers: the value is not valid YAML: ", problem, StringComparison.Ordinal);
        Assert.EndsWith("put it in quotes when it is meant as text", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_can_be_set_inside_a_value_of_the_file() =>
        Assert.Equal(
            "--set seed.x=1: spec.seed: is not a section, so nothing in it can be set; set it as a whole: spec.seed=…",
            Assert.Single(JobText.Problems(JobText.WithSpec("  seed: 3"), "seed.x=1")));

    [Theory]
    [InlineData("lr=0.1", "spec.optimizer.lr")]
    [InlineData("momentum=0.1", "spec.optimizer.momentum")]
    [InlineData("norm=batch", "spec.model.norm")]
    [InlineData("name=trial", "metadata.name")]
    [InlineData("micro_batch=8", "microBatch")]
    [InlineData("batchSize=8", "batch")]
    [InlineData("optimzer.lr=8", "optimizer")]
    public void A_key_in_the_wrong_place_is_shown_the_right_one(string change, string suggestion) =>
        Assert.Equal(suggestion, Assert.Single(JobText.Read(null, change).Problems).Suggestion);
}
