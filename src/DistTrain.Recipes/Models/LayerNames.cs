namespace DistTrain.Recipes.Models;

/// <summary>The names of a model's layers: those of a kind are counted from 1, in the order of the list, what stands inside a residual in its place, its body before its
/// shortcut.</summary>
public sealed class LayerNames
{
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>The name of the next layer; null: it has no parameters, and so no name.</summary>
    public string? Next(LayerRecipe layer) => KindOf(layer) is { } kind ? $"{kind}{_counts[kind] = _counts.GetValueOrDefault(kind) + 1}" : null;

    private static string? KindOf(LayerRecipe layer) => layer switch
    {
        LinearRecipe => "fc",
        ConvRecipe or Conv1dRecipe => "conv",
        NormRecipe => "norm",
        EmbeddingRecipe => "embedding",
        PositionsRecipe { Kind: PositionKinds.Learned } => "positions",
        UnembeddingRecipe => "unembedding",
        AttentionRecipe => "attention",
        _ => null,
    };
}
