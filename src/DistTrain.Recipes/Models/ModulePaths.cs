using System.Globalization;

namespace DistTrain.Recipes.Models;

/// <summary>
/// Where the layers of a model stand among PyTorch's modules. In an nn.Sequential a layer is called by its place in the list, <c>3</c>, and one inside a
/// residual by both, <c>3.0</c>, in its shortcut <c>3.shortcut.0</c>. A residual network has torchvision's names: <c>conv1</c>, <c>bn1</c>,
/// <c>layer1.0.conv1</c>, <c>layer2.0.downsample.0</c>, <c>fc</c>.
/// </summary>
internal sealed class ModulePaths
{
    private readonly Dictionary<string, string> _paths = [];
    private readonly LayerNames _names = new();
    private readonly IReadOnlyList<int> _stages;

    private ModulePaths(IReadOnlyList<int> stages) => _stages = stages;

    public static ModulePaths Of(ModelRecipe model)
    {
        var paths = new ModulePaths(ResidualNetworks.StagesOf(model.Name));
        paths.Walk(BuiltInModels.LayersOf(model, classes: 1), prefix: "", isSequence: paths._stages.Count == 0);
        return paths;
    }

    /// <summary>What the modules call a tensor, <c>norm1.weight</c>; what belongs to no layer keeps its name.</summary>
    public string Rename(string tensor) => tensor.IndexOf('.', StringComparison.Ordinal) is > 0 and var end && _paths.TryGetValue(tensor[..end], out var path) ? path + tensor[end..] : tensor;

    /// <summary>The last layer of a residual network for small images is often called <c>linear</c>.</summary>
    public IReadOnlyList<string> Aliases(string tensor) => _stages.Count > 0 && Rename(tensor).Split('.') is ["fc", var parameter] ? [$"linear.{parameter}"] : [];

    private void Walk(IReadOnlyList<LayerRecipe> layers, string prefix, bool isSequence)
    {
        var (convolutions, norms, residuals) = (0, 0, 0);
        for (var i = 0; i < layers.Count; i++)
        {
            var path = prefix + (isSequence ? i.ToString(CultureInfo.InvariantCulture) : layers[i] switch
            {
                ConvRecipe => $"conv{++convolutions}",
                NormRecipe => $"bn{++norms}",
                ResidualRecipe => BlockOf(residuals++),
                _ => "fc",
            });
            if (layers[i] is ResidualRecipe residual)
            {
                Walk(residual.Layers, $"{path}.", isSequence);
                Walk(residual.Shortcut ?? [], isSequence ? $"{path}.shortcut." : $"{path}.downsample.", isSequence: true);
            }
            else if (_names.Next(layers[i]) is { } name)
            {
                _paths.Add(name, path);
            }
        }
    }

    /// <summary>Stages are counted from 1, their blocks from 0.</summary>
    private string BlockOf(int residual)
    {
        var stage = 0;
        for (; residual >= _stages[stage]; stage++)
            residual -= _stages[stage];
        return $"layer{stage + 1}.{residual}";
    }
}
