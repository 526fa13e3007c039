namespace DistTrain.Recipes.Models;

/// <summary>
/// Residual networks (He et al. 2015, 1512.03385) as layer lists: <c>resnet20</c> for small images (section 4.2), with shortcuts that have no parameters;
/// <c>resnet18</c> and <c>resnet50</c> for large ones (table 1) as torchvision has them, with projections where a stage begins, and the stride of a
/// bottleneck in its middle convolution. Each stage is half as large as the one before and has twice as many channels.
/// </summary>
internal static class ResidualNetworks
{
    /// <summary>A bottleneck ends with so many times the channels of its middle.</summary>
    private const int Expansion = 4;

    private static LayerRecipe Relu { get; } = new ActivationRecipe("relu");

    /// <summary>Blocks in each stage; empty: the model is no residual network.</summary>
    public static IReadOnlyList<int> StagesOf(string model) => model switch
    {
        ModelNames.ResNet20 => [3, 3, 3],
        ModelNames.ResNet18 => [2, 2, 2, 2],
        ModelNames.ResNet50 => [3, 4, 6, 3],
        _ => [],
    };

    public static IReadOnlyList<LayerRecipe> LayersOf(ModelRecipe model, int classes)
    {
        var width = model.Width ?? 16;
        LayerRecipe[] stem = model.Name == ModelNames.ResNet20
            ? [Convolution(model, width, 3, 1), .. Norm(model), Relu]
            : [Convolution(model, width, 7, 2), .. Norm(model), Relu, new PoolRecipe("max", 3, 2, 1)];
        return [.. stem, .. Stages(model, width), new GlobalAveragePoolRecipe(), new LinearRecipe(classes, Bias: true, model.Reparametrization)];
    }

    private static IEnumerable<LayerRecipe> Stages(ModelRecipe model, int channels)
    {
        var width = channels;
        foreach (var (stage, blocks) in StagesOf(model.Name).Index())
        {
            for (var block = 0; block < blocks; block++)
            {
                var stride = stage > 0 && block == 0 ? 2 : 1;
                var (body, wide) = model.Name == ModelNames.ResNet50 ? (Bottleneck(model, width, stride), Expansion * width) : (Basic(model, width, stride), width);
                yield return new ResidualRecipe(body, model.Name != ModelNames.ResNet20 && (stride > 1 || wide != channels) ? [Convolution(model, wide, 1, stride), .. Norm(model)] : null);
                yield return Relu;
                channels = wide;
            }

            width *= 2;
        }
    }

    /// <summary>Two convolutions, the first of which subsamples.</summary>
    private static LayerRecipe[] Basic(ModelRecipe model, int width, int stride) =>
        [Convolution(model, width, 3, stride), .. Norm(model), Relu, Convolution(model, width, 3, 1), .. Norm(model, model.ZeroGamma)];

    /// <summary>To few channels, over places there, and to many.</summary>
    private static LayerRecipe[] Bottleneck(ModelRecipe model, int width, int stride) =>
    [
        Convolution(model, width, 1, 1), .. Norm(model), Relu,
        Convolution(model, width, 3, stride), .. Norm(model), Relu,
        Convolution(model, Expansion * width, 1, 1), .. Norm(model, model.ZeroGamma),
    ];

    private static ConvRecipe Convolution(ModelRecipe model, int width, int kernel, int stride) => new(width, kernel, stride, kernel / 2, Bias: false, model.Reparametrization);

    private static IEnumerable<LayerRecipe> Norm(ModelRecipe model, bool zeroGamma = false) =>
        model.Norm == NormKinds.None ? [] : [new NormRecipe(model.Norm, Groups: null, zeroGamma)];
}
