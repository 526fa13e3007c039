using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Reading;

/// <summary>What is told of an example: options of each task, and of no other.</summary>
[Trait("Kind", "Fast")]
public sealed class TaskSectionTests
{
    private const string Table = "dataset={name: csv, path: /data}";

    private const string Mlp = "model.name=mlp";

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var problems = JobText.Problems(null, "task={smoothing: 1, classWeights: [1, 2], topK: 11, loss: huber, share: 0.2}");
        Assert.Collection(
            problems.Order(StringComparer.Ordinal),
            p => Assert.EndsWith("spec.task.classWeights: has 2 numbers, and the data have 10 classes; give one for each, in their order", p, StringComparison.Ordinal),
            p => Assert.EndsWith("spec.task.loss: classification tells no numbers; leave it out, or give task.name: regression", p, StringComparison.Ordinal),
            p => Assert.EndsWith("spec.task.share: classification hides no tokens; leave it out, or give task.name: maskedToken", p, StringComparison.Ordinal),
            p => Assert.EndsWith("spec.task.smoothing: '1' is not allowed; give a number in [0, 1)", p, StringComparison.Ordinal),
            p => Assert.EndsWith("spec.task.topK: 11 is above the data's 10 classes, where every example is among the highest; give at most 10", p, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("task={smoothing: -0.1}", "spec.task.smoothing: '-0.1' is not allowed; give a number in [0, 1)")]
    [InlineData("task={classWeights: []}", "spec.task.classWeights: is empty; give one number for each class, or leave it out")]
    [InlineData("task={classWeights: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]}", "spec.task.classWeights[0]: '0' is not allowed; give a number in (0, 1000000]")]
    [InlineData("task.topK=0", "spec.task.topK: '0' is not allowed; give a whole number from 1 to 65536")]
    [InlineData("task.name=regression", "spec.task.name: regression tells a number of a row, and digits has images of classes; leave it out, or give dataset.name: csv")]
    public void Options_of_classification_have_rules(string change, string problem) =>
        Assert.EndsWith(problem, Assert.Single(JobText.Problems(null, change)), StringComparison.Ordinal);

    [Theory]
    [InlineData("task={name: regression, smoothing: 0.1}", "spec.task.smoothing: regression tells no classes of examples; leave it out, or give task.name: classification")]
    [InlineData("task={name: regression, delta: 2}", "spec.task.delta: squared has no bend; leave it out, or give task.loss: huber")]
    [InlineData("task={name: regression, loss: huber, delta: 0}", "spec.task.delta: '0' is not allowed; give a number above 0")]
    [InlineData("task={name: regression, loss: hinge}", "spec.task.loss: 'hinge' is not a loss; use one of squared, huber")]
    public void Options_of_regression_have_rules(string change, string problem) =>
        Assert.Contains(problem, Assert.Single(JobText.Problems(null, Table, Mlp, change)), StringComparison.Ordinal);

    [Theory]
    [InlineData("trainAccuracy=0.9", "spec.trainAccuracy: '0.9' regression has no accuracy to end with; leave it out")]
    [InlineData("averaging.name=swap", "spec.averaging.name: 'swap' swap ends its first phase by the train accuracy, and regression has none; use another averaging")]
    public void What_goes_by_the_accuracy_does_not_go_with_regression(string change, string problem) =>
        Assert.EndsWith(problem, Assert.Single(JobText.Problems(null, Table, Mlp, "task.name=regression", change)), StringComparison.Ordinal);

    /// <summary>How many classes a table has is known when it is read.</summary>
    [Fact]
    public void Weights_of_a_table_are_as_many_as_they_are() =>
        Assert.Equal([1, 2.5], JobText.Job(null, Table, Mlp, "task.classWeights=[1, 2.5]").Spec.Dataset.Classification.Weights);

    [Theory]
    [InlineData("task={smoothing: 0.1, classWeights: [1, 2.5], topK: 3}", "  task:\n    name: classification\n    smoothing: 0.1\n    classWeights: [1, 2.5]\n    topK: 3\n")]
    [InlineData("task={name: regression}", "  task:\n    name: regression\n    loss: squared\n")]
    [InlineData("task={name: regression, loss: huber}", "  task:\n    name: regression\n    loss: huber\n    delta: 1\n")]
    public void A_task_is_written_and_read_back(string task, string written)
    {
        var text = JobFile.Write(JobText.Job(null, Table, Mlp, task));
        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.Equal(text, JobFile.Write(JobText.Job(text)));
        Assert.Equal(JobText.Job(text).Spec.Dataset, JobText.Job(text).Spec.Dataset);
    }

    /// <summary>A job of before has no such keys, and goes on.</summary>
    [Fact]
    public void What_is_the_default_is_not_written() => Assert.DoesNotContain("task", JobFile.Write(JobText.Job(null, "task={smoothing: 0, topK: 1}")), StringComparison.Ordinal);
}
