using DistTrain.Recipes;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Models;

/// <summary>Layers with a shortcut around them.</summary>
internal sealed partial class LayerBuilder
{
    private Func<Layer> Residual(ResidualRecipe recipe, string path)
    {
        var input = Shape;
        var body = Walk(recipe.Layers, recipe.Shortcut is null ? $"{path}.residual" : $"{path}.residual.layers");
        var output = Shape;
        var shortcut = recipe.Shortcut is { } layers ? Projection(layers, input, output, path) : Subsampling(input, output, path);
        return () => new ResidualLayer(new LayerList([.. body.Select(make => make())]), new LayerList([.. shortcut.Select(make => make())]));
    }

    private List<Func<Layer>> Projection(IReadOnlyList<LayerRecipe> recipes, IReadOnlyList<int> input, IReadOnlyList<int> output, string path)
    {
        Shape = input;
        var layers = Walk(recipes, $"{path}.residual.shortcut");
        return Shape.SequenceEqual(output)
            ? layers
            : throw new ModelException($"{path}: a residual's shortcut has to end with the shape of its body, which maps [{string.Join(", ", input)}] to [{string.Join(", ", output)}], and the shortcut to [{string.Join(", ", Shape)}]; match channels and strides");
    }

    /// <summary>Without parameters (He et al. 2015, option A).</summary>
    private static List<Func<Layer>> Subsampling(IReadOnlyList<int> input, IReadOnlyList<int> output, string path)
    {
        var maps = $"it maps [{string.Join(", ", input)}] to [{string.Join(", ", output)}]";
        if (input.Count != output.Count || output[0] < input[0])
            throw new ModelException($"{path}: a residual body must keep the number of dimensions and not reduce channels; {maps}; or give a shortcut");
        if (input.SequenceEqual(output))
            return [];
        if (input.Count != 3)
            throw new ModelException($"{path}: a residual body over features or tokens must keep their number; {maps}; or give a shortcut");
        var stride = (input[1] + output[1] - 1) / output[1];
        if ((input[1] + stride - 1) / stride != output[1] || (input[2] + stride - 1) / stride != output[2])
            throw new ModelException($"{path}: a residual body must divide height and width by one stride; {maps}; or give a shortcut");
        return [Always(new SubsamplingLayer(stride, output[0] - input[0]))];
    }
}
