using System.Text.Json;
using DistTrain.Optimization.Order;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Models;

/// <summary>
/// Convolutions along sequences beside PyTorch's nn.Conv1d: <c>tests/vectors/conv1d.json</c> is what the script beside it prints, which computes each text by
/// itself; here shorter ones are padded.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class Conv1dTests
{
    private const string Rows = "of_rows", Texts = "of_texts", NextTokens = "of_next_tokens", Pools = "of_pools";

    private static readonly JsonElement Reference = Vectors.Read("conv1d.json").RootElement;

    private static readonly int[] Lengths = Numbers("lengths");

    public static TheoryData<string> Cases => [Rows, Texts, NextTokens, Pools];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradient_are_PyTorchs_in_float64(string of)
    {
        var (model, set, all) = Of(of);
        using var replica = new CurvatureReplica<double>(model, set.Count);
        Fill(of, "parameters", model, replica.Parameters.Span);
        replica.BeginSum();
        var result = replica.AddGradient(set, all, set.Whole);
        replica.EndSum();

        Assert.Equal(Loss(of), result.LossSum / set.Count, 1e-12);
        Near(of, model, replica.Sum.Span, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradient_are_PyTorchs_in_float32_in_parts_too(string of)
    {
        var (model, set, all) = Of(of);
        using var replica = new Replica(model, capacity: 4);
        var parameters = new double[model.Layout.Length];
        Fill(of, "parameters", model, parameters);
        for (var i = 0; i < parameters.Length; i++)
            replica.Parameters.Span[i] = (float)parameters[i];
        replica.BeginStep();
        var result = replica.Accumulate(set, all.AsSpan(0, 4), set.Whole, new MicroBatchKey(1, Position.Start(), 0, 0)) + replica.Accumulate(set, all.AsSpan(4), set.Whole, new MicroBatchKey(1, Position.Start(), 0, 1));
        replica.EndStep();

        Assert.Equal(Loss(of), result.LossSum / set.Count, 1e-5);
        Near(of, model, [.. replica.Gradient.Span.ToArray().Select(value => (double)value)], 1e-5);
        Assert.Equal(result.LossSum, replica.Evaluate(set, all, set.Whole).LossSum, 1e-5);
    }

    /// <summary>H v against the difference of two gradients.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Products_with_the_Hessian_are_differences_of_gradients(string of)
    {
        var (model, set, _) = Of(of);
        using var replica = new CurvatureReplica<double>(model, set.Count);
        var at = new double[model.Layout.Length];
        Fill(of, "parameters", model, at);
        HessianDifferences.AssertProduct(replica, set, at);
    }

    [Theory]
    [InlineData("[embedding: 6, conv1d: 7]", "spec.model.layers[1]: conv1d makes 4 places of 6 tokens, and each token keeps its place; give stride 1 and padding 1, or causal: true")]
    [InlineData("[embedding: 6, conv1d: {out: 7, kernel: 4, padding: 2}]", "spec.model.layers[1]: conv1d makes 7 places of 6 tokens, and each token keeps its place; give stride 1 and an odd kernel with padding of half of it, or causal: true")]
    [InlineData("[embedding: 6, conv1d: {out: 7, causal: true, stride: 2}]", "conv1d makes 3 places of 6 tokens")]
    [InlineData("[embedding: 6, conv1d: {out: 7, padding: 1, groups: 4}]", "spec.model.layers[1]: 4 groups do not divide 6 channels and 7 outputs; give a divisor of both")]
    [InlineData("[embedding: 6, conv1d: {out: 7, padding: 1}, maxPool: 2]", "spec.model.layers[2]: maxPool makes one place of several, and each token keeps its place; leave it out")]
    [InlineData("[embedding: 6, globalAveragePool]", "spec.model.layers[1]: globalAveragePool makes one place of several, and each token keeps its place; leave it out")]
    [InlineData("[conv1d: 7]", "the data are numbered tokens and no measurements; begin with 'embedding'")]
    public void What_does_not_fit_a_text_is_refused(string layers, string reason) =>
        Assert.Contains(reason, Assert.Throws<ModelException>(() => Text(layers, areNext: false)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[conv1d: {out: 4, kernel: 10}, flatten, linear: 3]", "spec.model.layers[0]: a window of 10 does not fit into 9")]
    [InlineData("[conv1d: {out: 4, groups: 2}, flatten, linear: 3]", "spec.model.layers[0]: 2 groups do not divide 1 channels and 4 outputs; give a divisor of both")]
    [InlineData("[conv1d: 4, averagePool: 8, flatten, linear: 3]", "spec.model.layers[1]: a window of 8 does not fit into 7")]
    [InlineData("[maxPool: 2]", "spec.model.layers[0]: maxPool needs an input of shape [channels, height, width] or [places, numbers], it gets [9]; use it before 'flatten'")]
    [InlineData("[globalAveragePool]", "spec.model.layers[0]: globalAveragePool needs an input of shape [channels, height, width] or [places, numbers], it gets [9]; use it before 'flatten'")]
    [InlineData("[conv1d: 4, conv: 4]", "spec.model.layers[1]: conv needs an input of shape [channels, height, width], it gets [7, 4]")]
    [InlineData("[conv1d: 3]", "the model's output has shape [7, 3], the data has 3 classes; end with 'flatten' and 'linear: 3'")]
    public void What_does_not_fit_a_row_is_refused(string layers, string reason) =>
        Assert.Contains(reason, Assert.Throws<ModelException>(() => Table(layers)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_image_is_no_sequence() => Assert.Contains(
        "spec.model.layers[0]: conv1d needs an input of shape [places, numbers] or [features], it gets [1, 8, 8]; put 'flatten' before it, or use 'conv'",
        Assert.Throws<ModelException>(() => ModelBlueprint.Of(Specs.Of("model={name: custom, layers: [conv1d: 4]}"), [1, 8, 8], 10)).Message,
        StringComparison.Ordinal);

    private static (ModelBlueprint Model, ExampleSet Set, int[] All) Of(string of)
    {
        var layers = Reference.GetProperty(of).GetProperty("layers").GetString()!;
        if (of is Rows or Pools)
        {
            var set = ExampleSet.OfValues([Number("features")], 3, [.. Reference.GetProperty("rows").Numbers().Select(value => (float)value)], Numbers("classes"));
            return (Table(layers), set, [.. Enumerable.Range(0, set.Count)]);
        }

        var vocabulary = new Vocabulary([.. Enumerable.Range('a', Number("tokens")).Select(letter => ((char)letter).ToString())]);
        var text = ExampleSet.OfRuns(Number("context"), vocabulary, [.. Numbers("text").Select(token => (ushort)token)], [.. Lengths.Select((_, i) => Lengths[..i].Sum())], Lengths);
        return (Text(layers, of == NextTokens), text, [.. Enumerable.Range(0, text.Count)]);
    }

    private static ModelBlueprint Table(string layers) =>
        ModelBlueprint.Of(Specs.Of("dataset={name: csv, path: x}", $"model={{name: custom, layers: {layers}}}"), [Number("features")], 3);

    /// <summary>What is to be told says the set and not the model.</summary>
    private static ModelBlueprint Text(string layers, bool areNext) => ModelBlueprint.Of(
        Specs.Of($"dataset={{name: text, path: x, documents: padded, context: {Number("context")}}}", areNext ? "task={}" : "task.name=maskedToken", $"model={{name: custom, layers: {layers}}}"), [Number("context")], Number("tokens"));

    private static double Loss(string of) => Reference.GetProperty(of).GetProperty("loss").GetDouble();

    private static int Number(string name) => Reference.GetProperty(name).GetInt32();

    private static int[] Numbers(string name) => [.. Reference.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private static void Fill(string of, string what, ModelBlueprint model, Span<double> vector)
    {
        var values = Reference.GetProperty(of).GetProperty(what);
        Assert.Equal(values.EnumerateObject().Count(), model.Layout.Segments.Count);
        foreach (var segment in model.Layout.Segments)
            values.GetProperty(segment.Name).Numbers().CopyTo(vector[segment.Offset..]);
    }

    private static void Near(string of, ModelBlueprint model, ReadOnlySpan<double> gradient, double tolerance)
    {
        var expected = new double[model.Layout.Length];
        Fill(of, "gradients", model, expected);
        for (var i = 0; i < model.Layout.TrainableLength; i++)
            Assert.Equal(expected[i], gradient[i], tolerance);
    }
}
