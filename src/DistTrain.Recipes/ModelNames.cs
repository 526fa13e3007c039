namespace DistTrain.Recipes;

/// <summary>The models by the names of the job file.</summary>
public static class ModelNames
{
    public const string Softmax = "softmax";

    public const string Mlp = "mlp";

    public const string Cnn = "cnn";

    public const string ResNet20 = "resnet20";

    /// <summary>With 18 and with 50 layers for large images (1512.03385, table 1), as torchvision has them.</summary>
    public const string ResNet18 = "resnet18";

    public const string ResNet50 = "resnet50";

    /// <summary>A decoder that tells the next token (1706.03762 without the encoder, normalization before each part).</summary>
    public const string Transformer = "transformer";

    /// <summary>An encoder that tells hidden tokens from those around them (1810.04805).</summary>
    public const string Bert = "bert";

    /// <summary>The job's own <c>layers</c>.</summary>
    public const string Custom = "custom";

    /// <summary>Residual networks.</summary>
    public static IReadOnlyList<string> Residual { get; } = [ResNet20, ResNet18, ResNet50];

    /// <summary>Those that classify an image or a row of a table.</summary>
    public static IReadOnlyList<string> Classifiers { get; } = [Softmax, Mlp, Cnn, .. Residual];

    public static IReadOnlyList<string> All { get; } = [.. Classifiers, Transformer, Bert, Custom];
}
