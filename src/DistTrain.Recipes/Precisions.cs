namespace DistTrain.Recipes;

/// <summary>What forward and backward passes multiply in. Weights, gradients, norms, softmax, loss and every sum are float32 in both.</summary>
public static class Precisions
{
    public const string Float32 = "float32";

    /// <summary>Factors of matrix products and convolutions, and what comes out of them, have float32's range and 8 bits.</summary>
    public const string BFloat16 = "bfloat16";

    public static IReadOnlyList<string> All { get; } = [Float32, BFloat16];
}
