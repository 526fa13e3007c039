namespace DistTrain.Recipes;

/// <summary>What may normalize a layer's values.</summary>
public static class NormKinds
{
    public const string None = "none";

    /// <summary>BatchNorm, 1502.03167: each channel over the batch and all positions.</summary>
    public const string Batch = "batch";

    /// <summary>Batch renormalization, 1702.03275: BatchNorm that is held to the running statistics.</summary>
    public const string BatchRenorm = "batch-renorm";

    /// <summary>Layer normalization, 1607.06450: all values of one example.</summary>
    public const string Layer = "layer";

    /// <summary>Instance normalization, 1607.08022: each channel of one example over its positions.</summary>
    public const string Instance = "instance";

    /// <summary>Group normalization, 1803.08494: groups of channels of one example.</summary>
    public const string Group = "group";

    /// <summary>What a built-in model may use.</summary>
    public static IReadOnlyList<string> All { get; } = [None, Batch, BatchRenorm, Layer, Instance, Group];

    /// <summary>What a layer of the user's own network may be.</summary>
    public static IReadOnlyList<string> Layers { get; } = [.. All.Where(kind => kind != None)];
}
