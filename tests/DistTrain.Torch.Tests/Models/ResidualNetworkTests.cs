using System.Text.Json;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Models;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models;

/// <summary>
/// <c>resnet18</c> and <c>resnet50</c> beside PyTorch's own modules, narrow, from files under torchvision's names: <c>tests/vectors/pytorch_names.py</c> has
/// written them.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class ResidualNetworkTests
{
    private const int Classes = 5;

    private static readonly JsonElement Reference = Vectors.Read("pytorch_names.json").RootElement;

    public static TheoryData<string, int> Narrow => new() { { "resnet18", 2 }, { "resnet50", 1 } };

    [Theory]
    [InlineData("resnet18", 11_689_512)]
    [InlineData("resnet50", 25_557_032)]
    public void They_have_as_many_parameters_as_torchvisions(string model, int parameters) =>
        Assert.Equal(parameters, ModelBlueprint.Of(Specs.Of($"model.name={model}"), [3, 224, 224], 1000).Layout.Segments.Where(segment => !segment.IsBuffer).Sum(segment => segment.Length));

    [Theory]
    [MemberData(nameof(Narrow))]
    public void Scores_of_a_file_of_torchvision_are_its_modules(string name, int width)
    {
        var (model, vector, images) = Read(name, width);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pass = new ForwardPass { Parameters = [.. model.Layout.Segments.Select(s => tensor(vector[s.Offset..s.End], [.. s.Shape.Select(d => (long)d)]))], Training = false };
        var scores = model.Layers.Forward(tensor(Pixels(images.Count * images.Features), [images.Count, .. images.Shape.Select(side => (long)side)]), pass);
        var expected = Reference.GetProperty(name).GetProperty("scores").Numbers();
        Assert.Contains(expected, score => Math.Abs(score) > 0.1);
        Assert.All(expected.Zip(scores.flatten().data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, Math.Abs(pair.First))));
    }

    [Theory]
    [MemberData(nameof(Narrow))]
    public void Loss_and_gradient_in_training_are_PyTorchs_in_float64(string name, int width)
    {
        var (model, vector, images) = Read(name, width);
        using var replica = new CurvatureReplica<double>(model, images.Count, CurvatureMode.Training);
        for (var i = 0; i < vector.Length; i++)
            replica.Parameters.Span[i] = vector[i];
        replica.BeginSum();
        var result = replica.AddGradient(images, [.. Enumerable.Range(0, images.Count)], images.Whole, new MicroBatchKey(1, Position.Start(), 0, 0));
        replica.EndSum();
        Assert.Equal(Reference.GetProperty(name).GetProperty("loss").GetDouble(), result.LossSum / images.Count, 1e-12);
        Near(model, name, replica.Sum.Span, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Narrow))]
    public void Loss_and_gradient_in_training_are_PyTorchs_in_float32(string name, int width)
    {
        var (model, vector, images) = Read(name, width);
        using var replica = new Replica(model, images.Count);
        vector.CopyTo(replica.Parameters.Span);
        replica.BeginStep();
        var result = replica.Accumulate(images, [.. Enumerable.Range(0, images.Count)], images.Whole, new MicroBatchKey(1, Position.Start(), 0, 0));
        replica.EndStep();
        Assert.Equal(Reference.GetProperty(name).GetProperty("loss").GetDouble(), result.LossSum / images.Count, 1e-5);
        Near(model, name, [.. replica.Gradient.Span.ToArray().Select(value => (double)value)], 1e-5);
    }

    /// <summary>H v against the difference of two gradients; of what a residual network has that others have not.</summary>
    [Theory]
    [InlineData("[conv: {out: 4, kernel: 7, stride: 2, padding: 3, bias: false}, norm: batch, gelu, maxPool: {size: 3, stride: 2, padding: 1}, residual: {layers: [conv: {out: 6, kernel: 1}, gelu, conv: {out: 6, stride: 2, padding: 1, groups: 3}], shortcut: [conv: {out: 6, kernel: 1, stride: 2}, norm: batch]}, globalAveragePool, linear: 5]")]
    public void Products_with_the_Hessian_are_differences_of_gradients(string layers)
    {
        var images = ExampleSet.OfValues([3, 16, 16], Classes, Pixels(4 * 3 * 16 * 16), [0, 1, 2, 3]);
        var model = ModelBlueprint.Of(Specs.Of("model.name=custom", $"model.layers={layers}", "batchNorm.scope=local"), images.Shape, Classes);
        using var replica = new CurvatureReplica<double>(model, images.Count, CurvatureMode.Training);
        HessianDifferences.AssertProduct(replica, images);
    }

    [Fact]
    public void A_depth_wise_convolution_has_a_kernel_for_each_channel()
    {
        var layout = Layout("[conv: {out: 6, kernel: 1}, conv: {out: 12, groups: 6}, flatten, linear: 5]");
        Assert.Equal([12, 1, 3, 3], layout.Segments.Single(segment => segment.Name == "conv2.weight").Shape);
    }

    [Theory]
    [InlineData("[conv: {out: 6, groups: 2}]", "[0]: 2 groups do not divide 3 channels and 6 outputs; give a divisor of both")]
    [InlineData("[conv: {out: 4, groups: 3}]", "[0]: 3 groups do not divide 3 channels and 4 outputs; give a divisor of both")]
    [InlineData("[residual: [conv: {out: 3}]]", "[0]: a residual body must divide height and width by one stride; it maps [3, 16, 16] to [3, 14, 14]; or give a shortcut")]
    [InlineData("[residual: [conv: {out: 2, padding: 1}]]", "[0]: a residual body must keep the number of dimensions and not reduce channels; it maps [3, 16, 16] to [2, 16, 16]; or give a shortcut")]
    [InlineData("[flatten, residual: [linear: 900]]", "[1]: a residual body over features or tokens must keep their number; it maps [768] to [900]; or give a shortcut")]
    [InlineData("[residual: {layers: [conv: {out: 8, stride: 2, padding: 1}], shortcut: [conv: {out: 8, kernel: 1}]}]", "[0]: a residual's shortcut has to end with the shape of its body, which maps [3, 16, 16] to [8, 8, 8], and the shortcut to [8, 16, 16]; match channels and strides")]
    [InlineData("[residual: {layers: [flatten, linear: 4], shortcut: [linear: 4]}]", "[0].residual.shortcut[0]: linear needs an input of shape [features] or [tokens, numbers], it gets [3, 16, 16]; put 'flatten' before it")]
    [InlineData("[conv: {out: 65536}, conv: {out: 65536}]", " have more than 2,147,483,647 numbers; make the widest of them narrower")]
    public void What_does_not_fit_is_said_with_its_shapes(string layers, string reason) =>
        Assert.Equal($"spec.model.layers{reason}", Assert.Throws<ModelException>(() => Layout(layers)).Message);

    private static ParameterLayout Layout(string layers) => ModelBlueprint.Of(Specs.Of("model.name=custom", $"model.layers={layers}"), [3, 16, 16], Classes).Layout;

    private static (ModelBlueprint Model, float[] Vector, ExampleSet Images) Read(string name, int width)
    {
        var side = Reference.GetProperty(name).GetProperty("side").GetInt32();
        var count = Reference.GetProperty(name).GetProperty("scores").GetArrayLength() / Classes;
        var images = ExampleSet.OfValues([3, side, side], Classes, Pixels(count * 3 * side * side), [.. Enumerable.Range(0, count).Select(i => i % Classes)]);
        var spec = Specs.Of($"model={{name: {name}, width: {width}}}");
        var model = ModelBlueprint.Of(spec, images.Shape, Classes);
        using var file = SafeTensorsReader.Open(Path.Combine(Vectors.Folder, $"pytorch_{name}.safetensors"), KnownNames.Of(new NamesRecipe(NameConventions.PyTorch, []), spec.Model, model.Layout));
        var vector = new float[model.Layout.Length];
        file.Fill(model.Layout, vector);
        return (model, vector, images);
    }

    /// <summary>As the script has them.</summary>
    private static float[] Pixels(int count) => [.. Enumerable.Range(0, count).Select(i => (float)(i * 7919 % 1009 / 1009.0))];

    private static void Near(ModelBlueprint model, string name, ReadOnlySpan<double> gradient, double tolerance)
    {
        var theirs = Reference.GetProperty(name).GetProperty("gradients");
        var compared = 0;
        foreach (var (ours, expected) in model.Layout.Segments.Where(segment => !segment.IsBuffer).Zip(InOrder(name, model, theirs)))
        {
            var numbers = expected.Numbers();
            Assert.Equal(ours.Length, numbers.Length);
            for (var i = 0; i < numbers.Length; i++)
                Assert.Equal(numbers[i], gradient[ours.Offset + i], tolerance * Math.Max(1, Math.Abs(numbers[i])));
            compared += numbers.Length;
        }

        Assert.Equal(model.Layout.ParameterCount, compared);
    }

    /// <summary>Under the names that the model's tensors have there.</summary>
    private static IEnumerable<JsonElement> InOrder(string name, ModelBlueprint model, JsonElement theirs)
    {
        var spec = Specs.Of($"model.name={name}");
        var names = KnownNames.Of(new NamesRecipe(NameConventions.PyTorch, []), spec.Model, model.Layout).Names.ToDictionary(one => one.Ours, one => one.Theirs);
        return [.. model.Layout.Segments.Where(segment => !segment.IsBuffer).Select(segment => theirs.GetProperty(names[segment.Name]))];
    }
}
