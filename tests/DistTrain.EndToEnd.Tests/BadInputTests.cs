namespace DistTrain.EndToEnd.Tests;

/// <summary>A user's mistake: a message that names the place, exit code 2, and nothing left running.</summary>
[Trait("Kind", "Process")]
public class BadInputTests(StandingClusters clusters)
{
    [Fact]
    public async Task Four_mistakes_in_a_job_file_are_all_reported()
    {
        using var folder = new RunFolder();
        var job = folder["job.yaml"];
        await File.WriteAllTextAsync(job, """
            apiVersion: disttrain.dev/v1
            kind: TrainingJob
            metadata:
              name: four-mistakes
            spec:
              batch: -5
              wrokers: 2
              optimizer:
                name: momentm
              dataset:
                name: mnist
            """);
        var run = await DistTrainProcess.RunAsync("train", job, "--out", folder["run"]);
        AssertRefused(run, "spec.batch", "wrokers", "workers", "momentm", "momentum", "spec.dataset.path");
        Assert.False(Directory.Exists(folder["run"]));
    }

    [Fact]
    public async Task A_missing_dataset_folder_is_named()
    {
        using var folder = new RunFolder();
        AssertRefused(await Training.RunAsync(folder, "run", 1, 1, "dataset.name=mnist", $"dataset.path={folder["nowhere"]}"), folder["nowhere"]);
    }

    [Fact]
    public async Task A_truncated_idx_file_is_named_with_the_place()
    {
        using var folder = new RunFolder();
        var data = Directory.CreateDirectory(folder["data"]).FullName;
        foreach (var name in new[] { "train-images-idx3-ubyte", "t10k-images-idx3-ubyte" })
            await File.WriteAllBytesAsync(Path.Combine(data, name), [0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 28, 0, 0, 0, 28, 1, 2, 3]);
        foreach (var name in new[] { "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte" })
            await File.WriteAllBytesAsync(Path.Combine(data, name), [0, 0, 8, 1, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        AssertRefused(await clusters.RunAsync(folder, "run", 1, 1, "dataset.name=mnist", $"dataset.path={data}"), "train-images-idx3-ubyte", "byte");
    }

    [Fact]
    public async Task Class_weights_and_topK_that_the_data_have_no_classes_for_are_refused()
    {
        using var folder = new RunFolder();
        await File.WriteAllTextAsync(folder["train.csv"], "1,0\n2,1\n");
        await File.WriteAllTextAsync(folder["test.csv"], "1,0\n");
        var run = await clusters.RunAsync(folder, "run", 1, 1, "model.name=softmax", $"dataset={{name: csv, path: {folder.Path}}}", "task={classWeights: [1, 2, 3], topK: 3}");
        AssertRefused(run, "task.classWeights: has 3 numbers, and the data have 2 classes", "task.topK: 3 is above");
    }

    [Fact]
    public async Task A_batch_smaller_than_the_ranks_is_refused()
    {
        using var folder = new RunFolder();
        AssertRefused(await Training.RunAsync(folder, "run", 1, 1, "batch=3", "workers=4"), "batch", "workers");
    }

    [Fact]
    public async Task A_validation_split_that_leaves_no_training_example_is_refused()
    {
        using var folder = new RunFolder();
        AssertRefused(await clusters.RunAsync(folder, "run", 1, 1, "dataset.trainExamples=300", "dataset.validation=0.999"), "spec.dataset.validation", "leaves none to train on");
    }

    [Fact]
    public async Task A_model_that_does_not_fit_the_data_is_refused()
    {
        using var folder = new RunFolder();
        AssertRefused(await clusters.RunAsync(folder, "run", 1, 1, "model.name=custom", "model.layers=[{linear: 10}]"), "spec.model.layers[0]", "flatten");
    }

    [Fact]
    public async Task A_last_step_in_which_BatchNorm_has_one_example_is_refused_before_the_first()
    {
        using var folder = new RunFolder();
        var run = await clusters.RunAsync(
            folder, "run", 1, 1, "model.name=mlp", "model.norm=batch", "batchNorm.scope=global", "dataset.trainExamples=129", "dataset.testExamples=64", "batch=128");
        AssertRefused(run, "spec.batchNorm.scope", "the last step of each epoch", "batch: 129", "dataset.trainExamples: 128");
        Assert.DoesNotContain(run.Events, DistTrainProcess.IsStep);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("watch", "some-job")]
    [InlineData("cancel", "some-job")]
    public async Task An_unreachable_endpoint_is_named(params string[] command)
    {
        var endpoint = $"127.0.0.1:{Ports.Free()}";
        AssertRefused(await DistTrainProcess.RunAsync([.. command, "--endpoint", endpoint]), endpoint);
    }

    [Fact]
    public async Task A_port_already_taken_is_named()
    {
        using var folder = new RunFolder();
        using var taken = Ports.Take();
        var port = Ports.Of(taken);
        AssertRefused(await DistTrainProcess.RunAsync("server", "--port", $"{port}", "--job-folder", folder["{job}"]), $"{port}");
        AssertRefused(await DistTrainProcess.RunAsync("worker", "--port", $"{port}", "--cluster", folder["cluster"], "--servers", "127.0.0.1:9"), $"{port}");
    }

    private static void AssertRefused(Finished run, params string[] named)
    {
        Assert.True(run.ExitCode == 2, $"exit code {run.ExitCode}\n{run.Output}\n{run.Error}");
        Assert.All(named, n => Assert.Contains(n, run.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
