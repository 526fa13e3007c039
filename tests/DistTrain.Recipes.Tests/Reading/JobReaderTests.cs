namespace DistTrain.Recipes.Tests.Reading;

/// <summary>The rules that tie keys together.</summary>
public sealed class JobReaderTests
{
    [Theory]
    [InlineData("mnist")]
    [InlineData("cifar10")]
    [InlineData("csv")]
    public void A_dataset_in_files_needs_its_folder(string name)
    {
        Assert.Equal(
            $"--set dataset.name={name}: spec.dataset.path: is missing; {name} needs the folder of the data",
            Assert.Single(JobText.Problems(null, $"dataset.name={name}")));
        Assert.Equal("/data", JobText.Job(null, $"dataset.name={name}", "dataset.path=/data").Spec.Dataset.Path);
    }

    [Fact]
    public void A_missing_key_is_reported_on_the_line_that_asks_for_it() =>
        Assert.StartsWith("job.yaml:6: spec.dataset.path: is missing", Assert.Single(JobText.Problems(JobText.WithSpec("  workers: 2\n  dataset:\n    name: mnist"))), StringComparison.Ordinal);

    [Fact]
    public void A_path_of_the_wrong_shape_is_not_also_missing() =>
        Assert.Equal(
            "--set dataset.path=[a]: spec.dataset.path: is a list; give the folder of the data",
            Assert.Single(JobText.Problems(null, "dataset.name=csv", "dataset.path=[a]")));

    [Fact]
    public void Digits_has_no_path() =>
        Assert.Equal(
            "--set dataset.path=/data: spec.dataset.path: digits is built in and has no path; leave it out, or name another dataset",
            Assert.Single(JobText.Problems(null, "dataset.path=/data")));

    [Fact]
    public void A_job_without_a_name_is_called_after_its_dataset()
    {
        Assert.Equal("mnist", JobText.Job(null, "dataset={name: mnist, path: /data}").Name);
        Assert.Equal("digits", JobText.Job(null, "workers=1").Name);
    }

    [Fact]
    public void The_norm_of_resnet20_is_batch_unless_said_otherwise()
    {
        Assert.Equal("batch", JobText.Job(null, "model.name=resnet20").Spec.Model.Norm);
        Assert.Equal("none", JobText.Job(null, "model.name=resnet20", "model.norm=none").Spec.Model.Norm);
        Assert.Equal("batch", JobText.Job(null, "model.norm=batch").Spec.Model.Norm);
        Assert.Equal("none", JobText.Job(null, "model.name=mlp").Spec.Model.Norm);
    }

    [Theory]
    [InlineData("spec.model.layers: is missing; custom needs a list of layers", "model.name=custom")]
    [InlineData("spec.model.layers: cnn brings its own layers; leave them out, or set model.name to custom", "model.layers=[relu]")]
    [InlineData("spec.model.norm: custom says in its layers where it normalizes: write 'norm: batch' there, and leave this out", "model={name: custom, norm: batch, layers: [relu]}")]
    public void Layers_go_with_custom_alone(string problem, string change) =>
        Assert.Equal($"--set {change}: {problem}", Assert.Single(JobText.Problems(null, change)));

    [Theory]
    [InlineData("batch=3", "workers=4", "--set batch=3: spec.batch: a batch of 3 leaves some of 4 workers without examples; raise batch or lower workers")]
    [InlineData("workers=129", "seed=1", "--set workers=129: spec.workers: a batch of 128 leaves some of 129 workers without examples; raise batch or lower workers")]
    public void Each_worker_has_an_example_of_each_batch(string first, string second, string problem) =>
        Assert.Equal(problem, Assert.Single(JobText.Problems(null, first, second)));

    [Fact]
    public void A_batch_of_as_many_as_workers_is_enough() => Assert.Equal(64, JobText.Job(null, "batch=64", "workers=64").Spec.Workers);

    [Fact]
    public void A_key_with_a_problem_takes_no_part_in_other_rules() =>
        Assert.Equal("spec.batch", Assert.Single(JobText.Read(null, "batch=-1", "workers=8").Problems).Path);

    [Fact]
    public void Version_and_kind_must_be_said_in_a_file()
    {
        Assert.Equal(
            ["job.yaml:1: apiVersion: is missing; write 'apiVersion: disttrain.dev/v1'", "job.yaml:1: kind: is missing; write 'kind: TrainingJob'"],
            JobText.Problems("spec: {workers: 2}"));
        Assert.Contains("'Job' is not a kind that this program reads; use one of TrainingJob", Assert.Single(JobText.Problems("apiVersion: disttrain.dev/v1\nkind: Job")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_at_the_top_that_belongs_into_spec_is_shown_its_place() =>
        Assert.Equal("spec.workers", Assert.Single(JobText.Read(JobText.Head + "workers: 3").Problems).Suggestion);
}
