namespace DistTrain.Recipes.Tests.Keys;

[Trait("Kind", "Fast")]
public sealed class LayerReaderTests
{
    [Fact]
    public void Every_form_of_every_layer_is_read()
    {
        var layers = Layers("""
              - conv: {out: 32, kernel: 5, stride: 2, padding: 1, bias: false}
              - conv: {out: 8}
              - conv1d: 8
              - conv1d: {out: 8, kernel: 5, stride: 2, padding: 1, bias: false, groups: 4}
              - conv1d: {out: 8, causal: true, reparametrization: weight}
              - norm: batch
              - norm: {kind: group, groups: 4}
              - norm: {kind: layer, zeroGamma: true}
              - conv: {out: 8, reparametrization: spectral}
              - relu
              - tanh:
              - sigmoid: {}
              - gelu
              - maxPool: 2
              - maxPool: {size: 3, stride: 2}
              - averagePool: 4
              - residual:
                - conv: {out: 8, padding: 1}
                - residual: [relu]
              - residual: {layers: [conv: {out: 8, groups: 4}], shortcut: [maxPool: {size: 3, padding: 1}, norm: batch]}
              - globalAveragePool
              - flatten
              - dropout: 0.5
              - linear: 128
              - linear: {out: 10, bias: false, reparametrization: weight}
            """);

        Assert.Equal(
            [
                new ConvRecipe(32, 5, 2, 1, false),
                new ConvRecipe(8, 3, 1, 0, true),
                new Conv1dRecipe(8, 3, 1, 0, false, true),
                new Conv1dRecipe(8, 5, 2, 1, false, false, "none", 4),
                new Conv1dRecipe(8, 3, 1, 0, true, true, "weight"),
                new NormRecipe("batch"),
                new NormRecipe("group", 4),
                new NormRecipe("layer", null, ZeroGamma: true),
                new ConvRecipe(8, 3, 1, 0, true, "spectral"),
                new ActivationRecipe("relu"),
                new ActivationRecipe("tanh"),
                new ActivationRecipe("sigmoid"),
                new ActivationRecipe("gelu"),
                new PoolRecipe("max", 2, 2),
                new PoolRecipe("max", 3, 2),
                new PoolRecipe("average", 4, 4),
            ],
            layers.Take(16));
        var residual = Assert.IsType<ResidualRecipe>(layers[16]);
        Assert.Equal(new ConvRecipe(8, 3, 1, 1, true), residual.Layers[0]);
        Assert.Equal([new ActivationRecipe("relu")], Assert.IsType<ResidualRecipe>(residual.Layers[1]).Layers);
        var projected = Assert.IsType<ResidualRecipe>(layers[17]);
        Assert.Equal([new ConvRecipe(8, 3, 1, 0, true, Groups: 4)], projected.Layers);
        Assert.Equal([new PoolRecipe("max", 3, 3, 1), new NormRecipe("batch")], projected.Shortcut);
        Assert.Equal(
            [new GlobalAveragePoolRecipe(), new FlattenRecipe(), new DropoutRecipe(0.5), new LinearRecipe(128, true), new LinearRecipe(10, false, "weight")],
            layers.Skip(18));
    }

    [Theory]
    [InlineData("[relu6]", "[0]: 'relu6' is not a layer; use one of linear, conv, conv1d, norm, relu, tanh, sigmoid, gelu, silu, maxPool, averagePool, globalAveragePool, flatten, embedding, positions, unembedding, attention, dropout, residual (did you mean 'relu'?)")]
    [InlineData("[conv]", "[0].conv.out: is missing; conv needs it: give a whole number from 1 to 65536")]
    [InlineData("[{conv: {out: 0}}]", "[0].conv.out: '0' is not allowed; give a whole number from 1 to 65536")]
    [InlineData("[{conv: {out: 8, kernal: 3}}]", "[0].conv.kernal: 'kernal' is not an option of conv; use out, kernel, stride, padding, bias, reparametrization, groups (did you mean 'kernel'?)")]
    [InlineData("[{conv: , out: 8}]", "[0]: a layer is one name, its options inside: 'conv: {…}'; here stand 2 keys side by side: conv, out")]
    [InlineData("[relu, {flatten: 3}]", "[1].flatten: takes no value; write 'flatten' alone")]
    [InlineData("[{flatten: {start: 1}}]", "[0].flatten.start: 'start' is not an option of flatten, which has none")]
    [InlineData("[{dropout: 1}]", "[0].dropout.rate: '1' is not allowed; give a number in [0, 1)")]
    [InlineData("[{norm: layre}]", "[0].norm.kind: 'layre' is not a normalization; use one of batch, batch-renorm, layer, instance, group (did you mean 'layer'?)")]
    [InlineData("[{norm: none}]", "[0].norm.kind: 'none' is not a normalization; use one of batch, batch-renorm, layer, instance, group")]
    [InlineData("[{norm: {kind: layer, groups: 4}}]", "[0].norm.groups: layer has no groups; leave it out")]
    [InlineData("[{norm: {kind: group, groups: 0}}]", "[0].norm.groups: '0' is not allowed; give a whole number from 1 to 65536")]
    [InlineData("[{linear: {out: 3, reparametrization: spectrum}}]", "[0].linear.reparametrization: 'spectrum' is not a reparametrization; use one of none, weight, spectral (did you mean 'spectral'?)")]
    [InlineData("[{linear: [1]}]", "[0].linear.out: is a list; give a whole number from 1 to 65536")]
    [InlineData("[{residual: []}]", "[0].residual: has no layers; give a list of at least one layer, e.g. [flatten, linear: 10]")]
    [InlineData("[residual]", "[0].residual: has no layers; give a list of at least one layer, e.g. [flatten, linear: 10]")]
    [InlineData("[{residual: {shortcut: [relu]}}]", "[0].residual.layers: is missing; a residual needs a list of layers")]
    [InlineData("[{residual: {layers: [relu], shortcuts: [relu]}}]", "[0].residual.shortcuts: 'shortcuts' is no part of a residual; give its layers as a list, or a section of layers and shortcut (did you mean 'shortcut'?)")]
    [InlineData("[{residual: {layers: [relu], shortcut: []}}]", "[0].residual.shortcut: has no layers; give a list of at least one layer, e.g. [flatten, linear: 10]")]
    [InlineData("[{maxPool: {size: 3, padding: 2}}]", "[0].maxPool.padding: 2 is more than half of size 3: a window could lie outside; lower it")]
    [InlineData("[{conv1d: {out: 8, causal: true, padding: 1}}]", "[0].conv1d.padding: causal says where zeros are: before the first place; leave padding out")]
    [InlineData("[{averagePool: {size: 3, padding: 1}}]", "[0].averagePool.padding: 'padding' is not an option of averagePool; use size, stride")]
    [InlineData("[{conv: {out: 8, groups: 0}}]", "[0].conv.groups: '0' is not allowed; give a whole number from 1 to 65536")]
    [InlineData("[[relu]]", "[0]: is not a layer; use one of linear, conv, conv1d, norm, relu, tanh, sigmoid, gelu, silu, maxPool, averagePool, globalAveragePool, flatten, embedding, positions, unembedding, attention, dropout, residual")]
    [InlineData("[null]", "[0]: is not a layer; use one of linear, conv, conv1d, norm, relu, tanh, sigmoid, gelu, silu, maxPool, averagePool, globalAveragePool, flatten, embedding, positions, unembedding, attention, dropout, residual")]
    [InlineData("[{}]", "[0]: is not a layer; use one of linear, conv, conv1d, norm, relu, tanh, sigmoid, gelu, silu, maxPool, averagePool, globalAveragePool, flatten, embedding, positions, unembedding, attention, dropout, residual")]
    [InlineData("[]", ": has no layers; give a list of at least one layer, e.g. [flatten, linear: 10]")]
    [InlineData("relu", ": is a single value; give a list of at least one layer, e.g. [flatten, linear: 10]")]
    [InlineData("{conv: {out: 3}}", ": is a section; give a list of at least one layer, e.g. [flatten, linear: 10]")]
    public void Each_mistake_is_one_problem(string layers, string problem) =>
        Assert.Equal(
            $"job.yaml:4: spec.model.layers{problem}",
            Assert.Single(JobText.Problems(JobText.WithSpec($"  model: {{name: custom, layers: {layers}}}"))));

    [Fact]
    public void A_thousand_layers_are_allowed_and_no_more_those_in_residuals_counted()
    {
        Assert.Equal(1000, Layers(Repeated(1000)).Count);
        Assert.Contains(
            "has 1001 layers; a model may have at most 1000",
            Assert.Single(JobText.Problems(Custom(Repeated(999) + "  - residual: [relu]\n"))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Residuals_stand_eight_deep_and_no_deeper()
    {
        Assert.Single(Layers("  - " + Nested(8)));
        Assert.Contains("residuals may stand at most 8 deep in each other", Assert.Single(JobText.Problems(Custom("  - " + Nested(9)))), StringComparison.Ordinal);
    }

    private static string Repeated(int count) => string.Concat(Enumerable.Repeat("  - relu\n", count));

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{residual: [", depth)) + "relu" + string.Concat(Enumerable.Repeat("]}", depth));

    private static string Custom(string layers) => JobText.WithSpec($"  model:\n    name: custom\n    layers:\n{layers.Replace("  - ", "    - ", StringComparison.Ordinal)}");

    private static IReadOnlyList<LayerRecipe> Layers(string layers) => JobText.Job(Custom(layers)).Spec.Model.Layers;
}
