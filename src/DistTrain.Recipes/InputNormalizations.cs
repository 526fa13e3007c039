namespace DistTrain.Recipes;

/// <summary>How inputs are brought to mean 0 and deviation 1 over the training set.</summary>
public static class InputNormalizations
{
    public const string None = "none";

    /// <summary>Each feature (pixel, column) by itself.</summary>
    public const string Feature = "feature";

    /// <summary>Each channel over all its positions.</summary>
    public const string Channel = "channel";

    public static IReadOnlyList<string> All { get; } = [None, Feature, Channel];
}
