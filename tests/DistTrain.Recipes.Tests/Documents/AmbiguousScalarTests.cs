using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Tests.Documents;

/// <summary>What the same job file is to DistTrain and to kubectl or PyYAML has to be one thing.</summary>
[Trait("Kind", "Fast")]
public sealed class AmbiguousScalarTests
{
    [Theory]
    [InlineData("batch: 0100", "spec.batch: '0100' begins with 0: it is 64 to readers of YAML 1.1, where that means octal, and 100 to others; write 100")]
    [InlineData("batch: 08", "spec.batch: '08' begins with 0: it is text to readers of YAML 1.1, where that means octal, and 8 to others; write 8")]
    [InlineData("seed: -010", "spec.seed: '-010' begins with 0: it is -8 to readers of YAML 1.1, where that means octal, and -10 to others; write -10")]
    [InlineData("batch: 1_000", "spec.batch: '1_000' is a number to readers of YAML 1.1 and text to others; write 1000")]
    [InlineData("optimizer: {lr: 0.000_1}", "spec.optimizer.lr: '0.000_1' is a number to readers of YAML 1.1 and text to others; write 0.0001")]
    [InlineData("batch: 1:30", "spec.batch: '1:30' is a number of base 60 to readers of YAML 1.1")]
    [InlineData("batch: 0o100", "spec.batch: '0o100' is a number to some readers of YAML and text to others")]
    [InlineData("batch: 0b11", "spec.batch: '0b11' is a number to some readers of YAML and text to others")]
    [InlineData("model: {zeroGamma: yes}", "spec.model.zeroGamma: 'yes' is true to readers of YAML 1.1 and text to others; write true")]
    [InlineData("model: {zeroGamma: Off}", "spec.model.zeroGamma: 'Off' is false to readers of YAML 1.1 and text to others; write false")]
    [InlineData("dataset: {name: csv, path: 2026_11}", "spec.dataset.path: '2026_11' is a number to readers of YAML 1.1")]
    [InlineData("dataset: {name: csv, path: 2026-11-29}", "spec.dataset.path: '2026-11-29' is a date to readers of YAML 1.1")]
    [InlineData("dataset: {name: csv, path: no}", "spec.dataset.path: 'no' is false to readers of YAML 1.1")]
    [InlineData("dataset: {name: csv, path: ~}", "spec.dataset.path: '~' is nothing to some readers of YAML")]
    [InlineData("steps: ~", "spec.steps: '~' is nothing to some readers of YAML")]
    [InlineData("optimizer: ~", "spec.optimizer: is nothing to some readers of YAML")]
    [InlineData("schedule: {name: multi-step, milestones: [010, 20]}", "spec.schedule.milestones[0]: '010' begins with 0: it is 8")]
    [InlineData("batch: {growth: {from: 0100, to: 4096}}", "spec.batch.growth.from: '0100' begins with 0: it is 64")]
    [InlineData("model: {name: custom, layers: [flatten, linear: 010]}", "spec.model.layers[1].linear.out: '010' begins with 0: it is 8")]
    public void What_readers_differ_over_is_refused_with_both_readings(string line, string problem) =>
        Assert.Contains(JobText.Problems(JobText.WithSpec($"  {line}")), found => found.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void An_override_is_held_to_the_same() =>
        Assert.Contains("'0100' begins with 0", Assert.Single(JobText.Problems(null, "batch=0100")), StringComparison.Ordinal);

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("100")]
    [InlineData("0.1")]
    [InlineData("1e-3")]
    [InlineData("1.0E+05")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("once")]
    [InlineData("a_b")]
    [InlineData("_1")]
    [InlineData("/data/2026-11-29")]
    [InlineData("127.0.0.1:5000")]
    [InlineData("~/data")]
    [InlineData("group:4")]
    public void What_no_reader_takes_for_another_value_is_left_alone(string text) => Assert.Null(AmbiguousScalar.Problem(text));

    [Theory]
    [InlineData("'0100'")]
    [InlineData("\"yes\"")]
    [InlineData("\"2026-11-29\"")]
    public void In_quotes_it_is_text(string path) =>
        Assert.Equal(path.Trim('\'', '"'), JobText.Job(JobText.WithSpec($"  dataset: {{name: csv, path: {path}}}\n  model: {{name: mlp}}")).Spec.Dataset.Path);
}
