namespace DistTrain.Recipes;

/// <summary>What may normalize a layer's channels.</summary>
public static class NormKinds
{
    public const string None = "none";

    public const string Batch = "batch";

    /// <summary>What a built-in model may use.</summary>
    public static IReadOnlyList<string> All { get; } = [None, Batch];
}
