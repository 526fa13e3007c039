namespace DistTrain.Recipes;

/// <summary>Whose names a file of tensors may have, without a map of its own.</summary>
public static class NameConventions
{
    /// <summary>Those of the modules that a built-in model is known by: torchvision's, Hugging Face's, or the places in an nn.Sequential.</summary>
    public const string PyTorch = "pytorch";

    public static IReadOnlyList<string> All { get; } = [PyTorch];
}
