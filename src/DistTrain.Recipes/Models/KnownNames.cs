using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes.Models;

/// <summary>
/// What PyTorch's modules call the tensors of a model: <c>bert</c>'s as Hugging Face's BertForMaskedLM, those of residual networks as torchvision's, and all
/// others by their places in an nn.Sequential that has the layers in the order of the list.
/// </summary>
public static class KnownNames
{
    private const string RunningMean = "running_mean";

    /// <summary>The names that a job or an export asks for.</summary>
    /// <param name="names">What is asked for.</param>
    /// <param name="model">The model.</param>
    /// <param name="layout">Its layout.</param>
    public static ForeignNames Of(NamesRecipe names, ModelRecipe model, ParameterLayout layout) =>
        names.Convention is null ? new ForeignNames(names.Given)
        : model.Name == ModelNames.Bert ? BertNames.Of(model.Size!, layout)
        : Of(layout, ModulePaths.Of(model));

    /// <summary>No module has statistics of the inputs: a job takes them in its first step, and begins as one that draws its weights.</summary>
    private static float? Otherwise(SavedTensor tensor) => tensor.Segment.Kind != SegmentKind.Features ? null : tensor.Part == SavedPart.Mean ? 0 : 1;

    /// <param name="layout">The model's.</param>
    /// <param name="paths">Where each of its layers stands among the modules.</param>
    private static ForeignNames Of(ParameterLayout layout, ModulePaths paths)
    {
        // Also what is called the same, so that nothing of a file is taken for it that only bears its name.
        List<ForeignName> names = [.. SavedTensor.Of(layout).Select(tensor => new ForeignName(paths.Rename(tensor.Name), tensor.Name) { Aliases = paths.Aliases(tensor.Name), Otherwise = Otherwise(tensor) })];
        // Of each norm with running statistics PyTorch counts the batches, which nothing asks for unless momentum is null.
        return new ForeignNames(names) { Unused = [.. names.Where(name => name.Ours.EndsWith("." + RunningMean, StringComparison.Ordinal)).Select(name => name.Theirs[..^RunningMean.Length] + "num_batches_tracked")] };
    }
}
