using System.Text.Json;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models;

/// <summary>The transformer and its layers beside PyTorch's own modules: <c>tests/vectors/transformer.json</c> is what the script beside it prints.</summary>
[Trait("Kind", "Fast")]
public sealed class TransformerTests
{
    private static readonly JsonElement Reference = Vectors.Read("transformer.json").RootElement;

    private static readonly ExampleSet Text = ExampleSet.OfTokens(Number("context"), Number("tokens"), [.. Reference.GetProperty("text").EnumerateArray().Select(token => (ushort)token.GetInt32())]);

    private static readonly ModelBlueprint Model = Blueprint(
        "model=" + $"{{name: transformer, width: {Number("width")}, depth: {Number("depth")}, heads: {Number("heads")}}}");

    [Fact]
    public void Parameters_are_those_of_PyTorchs_modules() =>
        Assert.Equal(Reference.GetProperty("parameters").EnumerateObject().Select(p => p.Name), Model.Layout.Segments.Select(s => s.Name));

    [Fact]
    public void Loss_and_gradient_are_PyTorchs_in_float64()
    {
        using var replica = new CurvatureReplica<double>(Model, Text.Count);
        Fill("parameters", replica.Parameters.Span);
        replica.BeginSum();
        var result = replica.AddGradient(Text, [0, 1, 2], Text.Whole);
        replica.EndSum();

        Assert.Equal(Reference.GetProperty("loss").GetDouble(), result.LossSum / 3, 1e-12);
        Assert.Equal(Number("right") / (double)Number("context"), result.Correct, 1e-12);
        Near(replica.Sum.Span, 1e-10);
    }

    [Fact]
    public void Loss_and_gradient_are_PyTorchs_in_float32_in_parts_too()
    {
        using var replica = new Replica(Model, capacity: 2);
        var parameters = new double[Model.Layout.Length];
        Fill("parameters", parameters);
        for (var i = 0; i < parameters.Length; i++)
            replica.Parameters.Span[i] = (float)parameters[i];
        replica.BeginStep();
        var result = replica.Accumulate(Text, [0, 1], Text.Whole, new MicroBatchKey(1, Position.Start(), 0, 0)) + replica.Accumulate(Text, [2], Text.Whole, new MicroBatchKey(1, Position.Start(), 0, 1));
        replica.EndStep();

        Assert.Equal(Reference.GetProperty("loss").GetDouble(), result.LossSum / 3, 1e-5);
        Near([.. replica.Gradient.Span.ToArray().Select(value => (double)value)], 1e-5);
        Assert.Equal(result.LossSum, replica.Evaluate(Text, [0, 1, 2], Text.Whole).LossSum, 1e-5);
    }

    /// <summary>H v against the difference of two gradients.</summary>
    [Theory]
    [InlineData("model={name: transformer, width: 8, depth: 1, heads: 2}")]
    [InlineData("model={name: custom, layers: [embedding: 6, positions: sinusoidal, residual: [norm: layer, attention: {heads: 3, causal: false}], silu, linear: {out: 7, bias: false}]}")]
    public void Products_with_the_Hessian_are_differences_of_gradients(string model)
    {
        using var replica = new CurvatureReplica<double>(Blueprint(model), Text.Count);
        HessianDifferences.AssertProduct(replica, Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_causal_attention_sees_nothing_that_comes_later(bool isCausal)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var model = Blueprint($"model={{name: custom, layers: [embedding: 8, positions: learned, attention: {{heads: 2, causal: {(isCausal ? "true" : "false")}}}, linear: 7]}}");
        var vector = new float[model.Layout.Length];
        VersionZero.Fill(model.Layout, 3, 0, vector);
        var pass = new ForwardPass { Parameters = [.. model.Layout.Segments.Select(s => tensor(vector[s.Offset..s.End], [.. s.Shape.Select(d => (long)d)]))], Training = false };
        Tensor Scores(float[] text) => model.Layers.Forward(tensor(text, [1, 6]), pass);

        var (scores, changed) = (Scores([1, 2, 3, 4, 5, 6]), Scores([1, 2, 3, 4, 5, 0]));

        var sameBefore = scores.slice(1, 0, 5, 1).flatten().data<float>().ToArray().SequenceEqual(changed.slice(1, 0, 5, 1).flatten().data<float>().ToArray());
        Assert.Equal(isCausal, sameBefore);
        Assert.NotEqual(scores[0, 5, 0].item<float>(), changed[0, 5, 0].item<float>());
    }

    [Fact]
    public void SiLU_is_PyTorchs()
    {
        using var scope = NewDisposeScope();
        var silu = Reference.GetProperty("silu");
        var x = tensor(silu.GetProperty("x").Numbers());
        var activation = Activation.Named("silu");
        var y = activation.Of(x);

        Assert.All(silu.GetProperty("y").Numbers().Zip(y.data<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
        Assert.All(silu.GetProperty("dx").Numbers().Zip(activation.Derivative(x, y).data<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }

    [Theory]
    [InlineData("[linear: 7]", "spec.model.layers[0]: the data are numbered tokens and no measurements; begin with 'embedding'")]
    [InlineData("[dropout: 0.5, embedding: 4, linear: 7]", "spec.model.layers[0]: the data are numbered tokens and no measurements; begin with 'embedding'")]
    [InlineData("[residual: [relu], embedding: 4, linear: 7]", "spec.model.layers[0]: the data are numbered tokens and no measurements; begin with 'embedding'")]
    [InlineData("[norm: layer, embedding: 4, linear: 7]", "the data are numbered tokens and no measurements; begin with 'embedding'")]
    [InlineData("[embedding: 4, norm: batch, linear: 7]", "of a sequence each token is normalized by itself: 'norm: layer'")]
    [InlineData("[embedding: 4, attention: 3, linear: 7]", "3 heads do not divide 4 numbers of a token; give a divisor of 4")]
    [InlineData("[embedding: 4, embedding: 4, linear: 7]", "let it be the first layer")]
    [InlineData("[positions, embedding: 4, linear: 7]", "the data are numbered tokens and no measurements; begin with 'embedding'")]
    [InlineData("[embedding: 4, flatten, positions, linear: 7]", "positions needs an input of shape [tokens, numbers], it gets [24]")]
    [InlineData("[embedding: 4, flatten, linear: 7]", "the model's output has shape [7], the data want a score of each of 7 tokens for each of 6")]
    [InlineData("[embedding: 4, conv: 3, linear: 7]", "conv needs an input of shape [channels, height, width], it gets [6, 4]")]
    public void Layers_that_do_not_fit_a_text_are_refused(string layers, string reason) =>
        Assert.Contains(reason, Assert.Throws<ModelException>(() => Blueprint($"model={{name: custom, layers: {layers}}}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Tokens_are_not_looked_up_in_other_data() => Assert.Contains(
        "embedding needs an input of shape [tokens], of text, it gets [13]; leave it out",
        Assert.Throws<ModelException>(() => ModelBlueprint.Of(Specs.Of("model={name: custom, layers: [embedding: 4, flatten, linear: 3]}"), [13], 3)).Message,
        StringComparison.Ordinal);

    /// <summary>A list of layers may see in both directions where tokens are hidden; what is hidden says the text and not the model.</summary>
    private static ModelBlueprint Blueprint(string model) => ModelBlueprint.Of(
        Specs.Of($"dataset={{name: text, path: x, context: {Number("context")}}}", model.Contains("custom", StringComparison.Ordinal) ? "task.name=maskedToken" : "task={}", model), Text.Shape, Text.Classes);

    private static int Number(string name) => Reference.GetProperty(name).GetInt32();

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
