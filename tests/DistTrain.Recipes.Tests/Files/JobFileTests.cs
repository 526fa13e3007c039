using DistTrain.Optimization.Optimizers;
using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Files;

[Trait("Kind", "Fast")]
public sealed class JobFileTests
{
    [Fact]
    public void Without_a_file_the_defaults_are_the_job()
    {
        var job = JobText.Job(null);

        Assert.Equal("digits", job.Name);
        var spec = job.Spec;
        Assert.Equal(new DatasetRecipe("digits", null, 8000, 2000), spec.Dataset);
        Assert.Equal(("cnn", "none", 0), (spec.Model.Name, spec.Model.Norm, spec.Model.Layers.Count));
        Assert.Equal((2, 128, 256), (spec.Workers, spec.Batch, spec.MicroBatch));
        Assert.Equal((4, null), (spec.Epochs, spec.Steps));
        Assert.Equal(1, spec.Seed);
        Assert.Equal("momentum", spec.Optimizer.Name);
        Assert.Equal(0.05, spec.Optimizer.Options.Number("lr"));
        Assert.Equal("constant", spec.Schedule.Name);
        Assert.Equal(new BatchNormRecipe(BatchNormScope.Local, "running", 0.1, 1e-5), spec.BatchNorm);
        Assert.Equal(new CheckpointRecipe(0, 2), spec.Checkpoint);
        Assert.Equal(new EvaluationRecipe(1), spec.Evaluation);
    }

    [Fact]
    public void A_file_that_says_nothing_is_the_defaults() =>
        Assert.Equal(JobFile.Write(JobText.Job(null)), JobFile.Write(JobText.Job(JobText.Head)));

    [Fact]
    public void Keys_written_as_null_take_their_defaults() =>
        Assert.Equal(
            JobFile.Write(JobText.Job(null)),
            JobFile.Write(JobText.Job(JobText.WithSpec("  batch: null\n  optimizer:\n  model: {name: null}\n  dataset: {path: null}\n  steps: null"))));

    [Fact]
    public void A_file_is_read_whole()
    {
        var job = JobText.Job("""
            apiVersion: disttrain.dev/v1
            kind: TrainingJob
            metadata: {name: night-run}
            spec:
              dataset: {name: mnist, path: /data/mnist, trainExamples: 1000, testExamples: 100}
              model: {name: resnet20}
              workers: 8
              batch: 512
              microBatch: 64
              steps: 300
              seed: -7
              optimizer: {name: momentum, lr: 1e-1, decayExclude: []}
              schedule: {name: constant}
              batchNorm: {scope: local, momentum: 0.2, epsilon: 0.001}
              checkpoint: {everySteps: 50, keep: 5}
              evaluation: {everyEpochs: 0}
            """);

        Assert.Equal("night-run", job.Name);
        var spec = job.Spec;
        Assert.Equal(new DatasetRecipe("mnist", "/data/mnist", 1000, 100), spec.Dataset);
        Assert.Equal(("resnet20", "batch"), (spec.Model.Name, spec.Model.Norm));
        Assert.Equal((8, 512, 64), (spec.Workers, spec.Batch, spec.MicroBatch));
        Assert.Equal((null, 300), (spec.Epochs, spec.Steps));
        Assert.Equal(-7, spec.Seed);
        Assert.Equal(0.1, spec.Optimizer.Options.Number("lr"));
        Assert.Equal(0.9, spec.Optimizer.Options.Number("momentum"));
        Assert.Empty(spec.Optimizer.Options.Names("decayExclude"));
        Assert.Equal(new BatchNormRecipe(BatchNormScope.Local, "running", 0.2, 0.001), spec.BatchNorm);
        Assert.Equal(new CheckpointRecipe(50, 5), spec.Checkpoint);
        Assert.Equal(new EvaluationRecipe(0), spec.Evaluation);
    }

    [Fact]
    public void All_problems_come_at_once_in_order_of_line_those_of_overrides_last()
    {
        var problems = JobText.Problems(
            """
            apiVersion: disttrain.dev/v2
            spec:
              checkpoint: 5
              workers: two
              batch: 0
              batch: 64
              dataset:
                name: minst
              optimizer:
                name: momentum
                lr: -1
                momentun: 0.5
            """,
            "microBatch=0",
            "evaluation.everyEpoch=2");

        Assert.Equal(
            [
                "job.yaml:1: apiVersion: 'disttrain.dev/v2' is not a version that this program reads; use one of disttrain.dev/v1 (did you mean 'disttrain.dev/v1'?)",
                "job.yaml:1: kind: is missing; write 'kind: TrainingJob'",
                "job.yaml:3: spec.checkpoint: is a single value; give a section",
                "job.yaml:4: spec.workers: 'two' is not a whole number; give a whole number from 1 to 1024",
                "job.yaml:5: spec.batch: '0' is not allowed; give a whole number from 1 to 1048576",
                "job.yaml:6: spec: 'batch' is given twice, first on line 5; keep one",
                "job.yaml:8: spec.dataset.name: 'minst' is not a dataset; use one of digits, mnist, cifar10, csv, text (did you mean 'mnist'?)",
                "job.yaml:11: spec.optimizer.lr: '-1' is not allowed; give a number above 0",
                $"job.yaml:12: spec.optimizer.momentun: 'momentun' is not an option of momentum; use {string.Join(", ", OptimizerCatalog.Find("momentum")!.Options.Select(o => o.Name))} (did you mean 'momentum'?)",
                "--set evaluation.everyEpoch=2: spec.evaluation.everyEpoch: 'everyEpoch' is not a key of spec.evaluation; use one of everyEpochs (did you mean 'everyEpochs'?)",
                "--set microBatch=0: spec.microBatch: '0' is not allowed; give a whole number from 1 to 1048576, or auto",
            ],
            problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    public void An_empty_file_is_a_mistake(string yaml) =>
        Assert.Contains("the file is empty: it begins with 'apiVersion: disttrain.dev/v1'", Assert.Single(JobText.Problems(yaml)), StringComparison.Ordinal);

    [Fact]
    public void A_file_of_another_shape_is_a_mistake() =>
        Assert.StartsWith("job.yaml:1: the file is no job file", Assert.Single(JobText.Problems("- 1\n- 2\n")), StringComparison.Ordinal);

    [Fact]
    public void Hundreds_of_problems_are_cut_and_counted()
    {
        var problems = JobText.Problems(JobText.WithSpec(string.Concat(Enumerable.Range(0, 250).Select(i => $"  qq{i}: 1\n"))));

        Assert.Equal(101, problems.Length);
        Assert.Equal("job.yaml: 150 more problems are left out", problems[^1]);
    }
}
