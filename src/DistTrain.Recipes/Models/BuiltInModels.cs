namespace DistTrain.Recipes.Models;

/// <summary>The built-in models as layer lists, in the terms a user's own network is written in.</summary>
public static class BuiltInModels
{
    /// <summary>The layers of a recipe: a built-in's, or the user's own.</summary>
    /// <param name="model">The recipe.</param>
    /// <param name="classes">Outputs of the last layer.</param>
    public static IReadOnlyList<LayerRecipe> LayersOf(ModelRecipe model, int classes) => model.Name switch
    {
        ModelNames.Softmax => [new FlattenRecipe(), Linear(model, classes)],
        ModelNames.Mlp => [new FlattenRecipe(), .. Hidden(model, 512), .. Hidden(model, 512), Linear(model, classes)],
        ModelNames.Cnn =>
        [
            .. Convolution(model, 32), .. Convolution(model, 64), new PoolRecipe("max", 2, 2), new FlattenRecipe(),
            Linear(model, 128), Relu, Linear(model, classes),
        ],
        ModelNames.ResNet20 or ModelNames.ResNet18 or ModelNames.ResNet50 => ResidualNetworks.LayersOf(model, classes),
        ModelNames.Transformer => Transformer(model, model.Size!, classes),
        ModelNames.Bert => Bert(model, model.Size!),
        ModelNames.Custom => model.Layers,
        _ => throw new ArgumentException($"'{model.Name}' is not a model", nameof(model)),
    };

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

    private static IEnumerable<LayerRecipe> Norm(ModelRecipe model) => model.Norm == NormKinds.None ? [] : [new NormRecipe(model.Norm)];

    private static LinearRecipe Linear(ModelRecipe model, int width) => new(width, Bias: true, model.Reparametrization);

    private static IEnumerable<LayerRecipe> Hidden(ModelRecipe model, int width) =>
        [Linear(model, width), .. Norm(model), Relu];

    private static IEnumerable<LayerRecipe> Convolution(ModelRecipe model, int width) =>
        [new ConvRecipe(width, 3, 1, 0, Bias: true, model.Reparametrization), .. Norm(model), Relu];
}
