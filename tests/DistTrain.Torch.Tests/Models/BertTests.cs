using System.Text.Json;
using DistTrain.Optimization.Order;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Models;

/// <summary>
/// bert with hidden tokens and examples of different lengths beside PyTorch's own modules: <c>tests/vectors/bert.json</c> is what the script beside it prints,
/// which draws what is hidden by itself.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class BertTests
{
    private static readonly JsonElement Reference = Vectors.Read("bert.json").RootElement;

    private static readonly int[] Lengths = Numbers("lengths");

    private static readonly int[] All = [.. Enumerable.Range(0, Lengths.Length)];

    private static readonly ExampleSet Text = ExampleSet.OfRuns(
        Number("context"),
        new Vocabulary([.. Enumerable.Range('a', Number("ordinary")).Select(letter => ((char)letter).ToString())]).WithMask(),
        [.. Numbers("text").Select(token => (ushort)token)],
        [.. Lengths.Select((_, i) => Lengths[..i].Sum())],
        Lengths,
        new MaskingRecipe(Real("share"), Real("masked"), Real("random"), Number("seed"))).At(Number("group"), Number("epoch"));

    private static readonly ModelBlueprint Model = Blueprint($"model={{name: bert, width: {Number("width")}, depth: {Number("depth")}, heads: {Number("heads")}}}");

    [Fact]
    public void Parameters_are_those_of_PyTorchs_modules() =>
        Assert.Equal(Reference.GetProperty("parameters").EnumerateObject().Select(p => p.Name), Model.Layout.Segments.Select(s => s.Name));

    [Fact]
    public void What_is_hidden_is_what_the_definition_says()
    {
        foreach (var example in All)
        {
            var (tokens, labels) = (new float[Text.Features], new long[Text.Targets]);
            Text.CopyFeatures(example, tokens);
            Text.CopyLabels(example, labels);
            Assert.Equal(Reference.GetProperty("inputs")[example].Numbers(), tokens.Select(token => (double)token));
            Assert.Equal(Reference.GetProperty("labels")[example].Numbers(), labels.Select(label => (double)label));
        }

        Assert.Equal(new Divisor(All.Length, Number("told") / (double)All.Length), Text.Whole);
    }

    [Fact]
    public void Loss_and_gradient_are_PyTorchs_in_float64()
    {
        using var replica = new CurvatureReplica<double>(Model, Text.Count);
        Fill("parameters", replica.Parameters.Span);
        replica.BeginSum();
        var result = replica.AddGradient(Text, All, Text.Whole);
        replica.EndSum();

        Assert.Equal(Real("loss"), result.LossSum / All.Length, 1e-12);
        Assert.Equal(Real("right") / Real("told"), result.Correct / All.Length, 1e-12);
        Near(replica.Sum.Span, 1e-10);
    }

    [Fact]
    public void Loss_and_gradient_are_PyTorchs_in_float32_in_parts_too()
    {
        using var replica = new Replica(Model, capacity: 4);
        var parameters = new double[Model.Layout.Length];
        Fill("parameters", parameters);
        for (var i = 0; i < parameters.Length; i++)
            replica.Parameters.Span[i] = (float)parameters[i];
        replica.BeginStep();
        var result = replica.Accumulate(Text, All.AsSpan(0, 4), Text.Whole, new MicroBatchKey(1, Position.Start(), 0, 0)) + replica.Accumulate(Text, All.AsSpan(4), Text.Whole, new MicroBatchKey(1, Position.Start(), 0, 1));
        replica.EndStep();

        Assert.Equal(Real("loss"), result.LossSum / All.Length, 1e-5);
        Near([.. replica.Gradient.Span.ToArray().Select(value => (double)value)], 1e-5);
        Assert.Equal(result.LossSum, replica.Evaluate(Text, All, Text.Whole).LossSum, 1e-5);
    }

    /// <summary>H v against the difference of two gradients; the embedding's weight is used twice.</summary>
    [Fact]
    public void Products_with_the_Hessian_are_differences_of_gradients()
    {
        using var replica = new CurvatureReplica<double>(Model, Text.Count);
        var at = new double[Model.Layout.Length];
        Fill("parameters", at);
        HessianDifferences.AssertProduct(replica, Text, at);
    }

    /// <summary>Without embeddings of tokens and sentence types, and without the pooler, which hidden tokens do not need.</summary>
    [Fact]
    public void The_size_base_is_that_of_BERT_base()
    {
        var layout = ModelBlueprint.Of(Specs.Of("dataset={name: text, path: x, context: 512}", "task.name=maskedToken", "model={name: bert, size: base}"), [512], 30_522).Layout;
        // 110 M with all of them: 30,522 + 512 rows, twelve blocks, the head of hidden tokens.
        const int Rows = (30_522 + 512 + 2) * 768, Block = (12 * 768 * 768) + (13 * 768), Head = (768 * 768) + (3 * 768) + 30_522;
        Assert.Equal(Rows + (12 * Block) + Head, layout.ParameterCount);
    }

    [Theory]
    [InlineData("[embedding: 4, linear: 5, unembedding]", "unembedding needs an input of shape [tokens, 4], it gets [6, 5]; put 'embedding' before it")]
    [InlineData("[unembedding]", "the data are numbered tokens and no measurements; begin with 'embedding'")]
    public void What_is_no_vector_of_a_token_has_no_scores(string layers, string reason) =>
        Assert.Contains(reason, Assert.Throws<ModelException>(() => Blueprint($"model={{name: custom, layers: {layers}}}")).Message, StringComparison.Ordinal);

    private static ModelBlueprint Blueprint(string model) =>
        ModelBlueprint.Of(Specs.Of($"dataset={{name: text, path: x, documents: padded, context: {Number("context")}}}", "task.name=maskedToken", model), Text.Shape, Text.Classes);

    private static int Number(string name) => Reference.GetProperty(name).GetInt32();

    private static double Real(string name) => Reference.GetProperty(name).GetDouble();

    private static int[] Numbers(string name) => [.. Reference.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private static void Fill(string what, Span<double> vector)
    {
        foreach (var segment in Model.Layout.Segments)
            Reference.GetProperty(what).GetProperty(segment.Name).Numbers().CopyTo(vector[segment.Offset..]);
    }

    private static void Near(ReadOnlySpan<double> gradient, double tolerance)
    {
        var expected = new double[Model.Layout.Length];
        Fill("gradients", expected);
        for (var i = 0; i < Model.Layout.TrainableLength; i++)
            Assert.Equal(expected[i], gradient[i], tolerance);
    }
}
