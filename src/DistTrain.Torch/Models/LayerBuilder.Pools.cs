using DistTrain.Recipes;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Models;

/// <summary>Layers that make one of several places, of an image or of a sequence.</summary>
internal sealed partial class LayerBuilder
{
    private const string PooledShapes = "[channels, height, width] or [places, numbers]";

    private Func<Layer> Pool(PoolRecipe recipe, string path)
    {
        int Windows(int side) => Window(side + (2 * recipe.Padding), recipe.Size, recipe.Stride, path);
        Layer Of(PoolWindow window) => recipe.Kind == "max" ? new MaxPoolLayer(window) : new AveragePoolLayer(window);
        switch (Shape)
        {
            case [var channels, var height, var width]:
                Shape = [channels, Windows(height), Windows(width)];
                return Always(Of(PoolWindow.Square(recipe.Size, recipe.Stride, recipe.Padding)));
            case [var places, var numbers]:
                RefuseTokens($"{recipe.Kind}Pool", path);
                Shape = [Windows(places), numbers];
                return Always(new SequencePoolLayer(Of(PoolWindow.Along(recipe.Size, recipe.Stride, recipe.Padding))));
            default:
                throw Misfit(path, $"{recipe.Kind}Pool", PooledShapes, "use it before 'flatten'");
        }
    }

    private Func<Layer> GlobalAveragePool(string path)
    {
        if (Shape is not ([_, _, _] or [_, _]))
            throw Misfit(path, "globalAveragePool", PooledShapes, "use it before 'flatten'");
        var isSequence = Shape.Count == 2;
        if (isSequence)
            RefuseTokens("globalAveragePool", path);
        Shape = [isSequence ? Shape[1] : Shape[0]];
        return Always(new GlobalAveragePoolLayer(isSequence));
    }

    /// <summary>Places are tokens, and each has to be told.</summary>
    private void RefuseTokens(string layer, string path)
    {
        if (tokens is not null)
            throw new ModelException($"{path}: {layer} makes one place of several, and each token keeps its place; leave it out");
    }
}
