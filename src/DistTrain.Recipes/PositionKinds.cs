namespace DistTrain.Recipes;

/// <summary>What says where in its sequence a token stands.</summary>
public static class PositionKinds
{
    /// <summary>Parameters.</summary>
    public const string Learned = "learned";

    /// <summary>Sines and cosines (1706.03762, section 3.5).</summary>
    public const string Sinusoidal = "sinusoidal";

    public static IReadOnlyList<string> All { get; } = [Learned, Sinusoidal];
}
