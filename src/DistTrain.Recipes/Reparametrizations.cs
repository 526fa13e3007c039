namespace DistTrain.Recipes;

/// <summary>How a linear or convolutional layer's weight is made of its parameters.</summary>
public static class Reparametrizations
{
    /// <summary>The weight is the parameter.</summary>
    public const string None = "none";

    /// <summary>Weight normalization, 1602.07868: w = g·v/‖v‖, row by row.</summary>
    public const string Weight = "weight";

    /// <summary>Spectral normalization, 1802.05957: w = W/σ(W).</summary>
    public const string Spectral = "spectral";

    public static IReadOnlyList<string> All { get; } = [None, Weight, Spectral];
}
