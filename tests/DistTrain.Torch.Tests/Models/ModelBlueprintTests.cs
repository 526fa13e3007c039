using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Tests.Models;

[Trait("Kind", "Fast")]
public class ModelBlueprintTests
{
    [Theory]
    [InlineData("softmax", 7_850)]
    [InlineData("mlp", 669_706)]
    [InlineData("cnn", 1_199_882)]
    public void Built_in_models_for_28x28_have_their_parameter_counts(string name, int parameters) =>
        Assert.Equal(parameters, ModelBlueprint.Of(Specs.Of($"model.name={name}"), [1, 28, 28], 10).Layout.ParameterCount);

    [Fact]
    public void Resnet20_has_its_parameter_count() =>
        Assert.Equal(269_722, ModelBlueprint.Of(Specs.Of("model.name=resnet20"), [3, 32, 32], 10).Layout.ParameterCount);

    [Fact]
    public void Batch_norm_adds_scale_shift_and_statistics_behind_all_trainable_tensors()
    {
        var layout = ModelBlueprint.Of(Specs.Of("model.norm=batch"), [1, 28, 28], 10).Layout;
        Assert.Equal(1_199_882 + (2 * 32) + (2 * 64), layout.ParameterCount);
        var statistics = layout.Segments.Where(s => s.Kind == SegmentKind.Statistics).ToList();
        Assert.Equal(["norm1.statistics", "norm2.statistics"], statistics.Select(s => s.Name));
        Assert.Equal(26 * 26, statistics[0].PositionsPerExample);
        Assert.All(statistics, s => Assert.True(s.Offset >= layout.TrainableLength));
    }

    [Fact]
    public void A_users_own_network_is_a_list_of_layers()
    {
        var spec = Specs.Of(
            "model.name=custom",
            "model.layers=[{conv: {out: 8, kernel: 3, padding: 1}}, {norm: batch}, relu, {residual: [{conv: {out: 16, kernel: 3, stride: 2, padding: 1}}, relu]}, globalAveragePool, {dropout: 0.5}, {linear: 10}]");
        var layout = ModelBlueprint.Of(spec, [1, 28, 28], 10).Layout;
        Assert.Equal(
            ["conv1.weight", "conv1.bias", "norm1.weight", "norm1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "norm1.statistics"],
            layout.Segments.Select(s => s.Name));
    }

    [Theory]
    [InlineData("[{linear: 10}]", "spec.model.layers[0]: linear needs an input of shape [features]")]
    [InlineData("[flatten, {linear: 5}]", "10 classes")]
    [InlineData("[{conv: {out: 4, kernel: 40}}, flatten, {linear: 10}]", "a window of 40 does not fit into 28")]
    [InlineData("[{residual: [{conv: {out: 4, kernel: 5}}]}, flatten, {linear: 10}]", "one stride")]
    public void A_layer_that_does_not_fit_is_named(string layers, string expected)
    {
        var error = Assert.Throws<ModelException>(
            () => ModelBlueprint.Of(Specs.Of("model.name=custom", $"model.layers={layers}"), [1, 28, 28], 10));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    /// <summary>The error named spec.model.layers[0], which nobody had written.</summary>
    [Fact]
    public void A_built_in_model_that_does_not_fit_is_named_itself()
    {
        var error = Assert.Throws<ModelException>(() => ModelBlueprint.Of(Specs.Of("model.name=cnn"), [4], 3));
        Assert.StartsWith("spec.model.name: cnn does not fit the data: its layers[0]: conv needs an input of shape", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.name=softmax")]
    [InlineData("model.name=mlp", "model.norm=batch", "dataset.normalize=feature")]
    [InlineData("model.name=mlp", "model.reparametrization=weight")]
    [InlineData("model.name=custom", "model.layers=[{linear: 7}, relu, {linear: {out: 3, bias: false}}]")]
    public void Saved_weights_know_the_classes_of_their_model(params string[] settings)
    {
        var saved = ModelBlueprint.Of(Specs.Of(settings), [4], 3).Layout;
        var model = ModelBlueprint.OfSaved(Specs.Of(settings), [4], saved);
        Assert.Equal((3, saved.Hash), (model?.Classes, model?.Layout.Hash));
        Assert.Null(ModelBlueprint.OfSaved(Specs.Of(settings), [5], saved));
    }
}
