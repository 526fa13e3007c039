using DistTrain.Recipes;

namespace DistTrain.Torch.Models;

/// <summary>The built-in models as layer lists, in the terms a user's own network is written in.</summary>
public static class BuiltInModels
{
    /// <summary>The layers of a recipe: a built-in's, or the user's own.</summary>
    /// <param name="model">The recipe.</param>
    /// <param name="classes">Outputs of the last layer.</param>
    public static IReadOnlyList<LayerRecipe> LayersOf(ModelRecipe model, int classes) => model.Name switch
    {
        "softmax" => [new FlattenRecipe(), new LinearRecipe(classes, Bias: true)],
        "mlp" => [new FlattenRecipe(), .. Hidden(model, 512), .. Hidden(model, 512), new LinearRecipe(classes, Bias: true)],
        "cnn" =>
        [
            .. Convolution(model, 32), .. Convolution(model, 64), new PoolRecipe("max", 2, 2), new FlattenRecipe(),
            new LinearRecipe(128, Bias: true), Relu, new LinearRecipe(classes, Bias: true),
        ],
        "resnet20" =>
        [
            new ConvRecipe(16, 3, 1, 1, Bias: false), .. Norm(model), Relu,
            .. Stage(model, 16, 1), .. Stage(model, 32, 2), .. Stage(model, 64, 2),
            new GlobalAveragePoolRecipe(), new LinearRecipe(classes, Bias: true),
        ],
        "custom" => model.Layers,
        _ => throw new ArgumentException($"'{model.Name}' is not a model", nameof(model)),
    };

    private static LayerRecipe Relu { get; } = new ActivationRecipe("relu");

    private static IEnumerable<LayerRecipe> Norm(ModelRecipe model) => model.Norm == "none" ? [] : [new NormRecipe(model.Norm)];

    private static IEnumerable<LayerRecipe> Hidden(ModelRecipe model, int width) =>
        [new LinearRecipe(width, Bias: true), .. Norm(model), Relu];

    private static IEnumerable<LayerRecipe> Convolution(ModelRecipe model, int width) =>
        [new ConvRecipe(width, 3, 1, 0, Bias: true), .. Norm(model), Relu];

    /// <summary>Three blocks of two convolutions (He et al. 2015, section 4.2); the first one subsamples.</summary>
    private static IEnumerable<LayerRecipe> Stage(ModelRecipe model, int width, int stride)
    {
        for (var block = 0; block < 3; block++)
        {
            yield return new ResidualRecipe(
            [
                new ConvRecipe(width, 3, block == 0 ? stride : 1, 1, Bias: false), .. Norm(model), Relu,
                new ConvRecipe(width, 3, 1, 1, Bias: false), .. Norm(model),
            ]);
            yield return Relu;
        }
    }
}
