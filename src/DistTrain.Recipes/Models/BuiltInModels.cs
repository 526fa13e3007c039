namespace DistTrain.Recipes.Models;

/// <summary>The built-in models as layer lists, in the terms a user's own network is written in.</summary>
public static class BuiltInModels
{
    /// <summary>The layers of a recipe: a built-in's, or the user's own.</summary>
    /// <param name="model">The recipe.</param>
    /// <param name="classes">Outputs of the last layer.</param>
    public static IReadOnlyList<LayerRecipe> LayersOf(ModelRecipe model, int classes) => model.Name switch
    {
        "softmax" => [new FlattenRecipe(), Linear(model, classes)],
        "mlp" => [new FlattenRecipe(), .. Hidden(model, 512), .. Hidden(model, 512), Linear(model, classes)],
        "cnn" =>
        [
            .. Convolution(model, 32), .. Convolution(model, 64), new PoolRecipe("max", 2, 2), new FlattenRecipe(),
            Linear(model, 128), Relu, Linear(model, classes),
        ],
        "resnet20" =>
        [
            ResidualConv(model, 16, 1), .. Norm(model), Relu,
            .. Stage(model, 16, 1), .. Stage(model, 32, 2), .. Stage(model, 64, 2),
            new GlobalAveragePoolRecipe(), Linear(model, classes),
        ],
        "transformer" => Transformer(model, model.Size!, classes),
        "bert" => Bert(model, model.Size!),
        "custom" => model.Layers,
        _ => throw new ArgumentException($"'{model.Name}' is not a model", nameof(model)),
    };

    /// <summary>Blocks in each stage of a residual network; empty: it is none.</summary>
    internal static IReadOnlyList<int> StagesOf(string name) => name == ModelNames.ResNet20 ? [3, 3, 3] : [];

    /// <summary>A decoder as GPT-2's: normalization before each part and behind the last, GELU, learned positions.</summary>
    private static IReadOnlyList<LayerRecipe> Transformer(ModelRecipe model, TransformerSize size, int classes)
    {
        var norm = new NormRecipe(NormKinds.Layer);
        LayerRecipe[] block =
        [
            new ResidualRecipe([norm, new AttentionRecipe(size.Heads, Causal: true)]),
            new ResidualRecipe([norm, Linear(model, 4 * size.Width), new ActivationRecipe("gelu"), Linear(model, size.Width)]),
        ];
        return
        [
            new EmbeddingRecipe(size.Width), new PositionsRecipe(PositionKinds.Learned),
            .. Enumerable.Repeat(block, size.Depth).SelectMany(layers => layers),
            norm, Linear(model, classes),
        ];
    }

    /// <summary>
    /// An encoder as BERT's: normalization behind each sum and behind embedding and positions, GELU; the scores are products with the embedding, of what a
    /// linear layer, GELU and a norm have made of each token.
    /// </summary>
    private static IReadOnlyList<LayerRecipe> Bert(ModelRecipe model, TransformerSize size)
    {
        var (norm, gelu) = (new NormRecipe(NormKinds.Layer), new ActivationRecipe("gelu"));
        LayerRecipe[] block =
        [
            new ResidualRecipe([new AttentionRecipe(size.Heads, Causal: false)]), norm,
            new ResidualRecipe([Linear(model, 4 * size.Width), gelu, Linear(model, size.Width)]), norm,
        ];
        return
        [
            new EmbeddingRecipe(size.Width), new PositionsRecipe(PositionKinds.Learned), norm,
            .. Enumerable.Repeat(block, size.Depth).SelectMany(layers => layers),
            Linear(model, size.Width), gelu, norm, new UnembeddingRecipe(),
        ];
    }

    private static LayerRecipe Relu { get; } = new ActivationRecipe("relu");

    private static IEnumerable<LayerRecipe> Norm(ModelRecipe model, bool zeroGamma = false) =>
        model.Norm == NormKinds.None ? [] : [new NormRecipe(model.Norm, Groups: null, zeroGamma)];

    private static LinearRecipe Linear(ModelRecipe model, int width) => new(width, Bias: true, model.Reparametrization);

    private static ConvRecipe ResidualConv(ModelRecipe model, int width, int stride) => new(width, 3, stride, 1, Bias: false, model.Reparametrization);

    private static IEnumerable<LayerRecipe> Hidden(ModelRecipe model, int width) =>
        [Linear(model, width), .. Norm(model), Relu];

    private static IEnumerable<LayerRecipe> Convolution(ModelRecipe model, int width) =>
        [new ConvRecipe(width, 3, 1, 0, Bias: true, model.Reparametrization), .. Norm(model), Relu];

    /// <summary>Three blocks of two convolutions (He et al. 2015, section 4.2); the first one subsamples.</summary>
    private static IEnumerable<LayerRecipe> Stage(ModelRecipe model, int width, int stride)
    {
        for (var block = 0; block < 3; block++)
        {
            yield return new ResidualRecipe(
            [
                ResidualConv(model, width, block == 0 ? stride : 1), .. Norm(model), Relu,
                ResidualConv(model, width, 1), .. Norm(model, model.ZeroGamma),
            ]);
            yield return Relu;
        }
    }
}
