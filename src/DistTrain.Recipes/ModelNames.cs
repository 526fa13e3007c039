namespace DistTrain.Recipes;

/// <summary>The models by the names of the job file.</summary>
public static class ModelNames
{
    public const string Softmax = "softmax";

    public const string Mlp = "mlp";

    public const string Cnn = "cnn";

    public const string ResNet20 = "resnet20";

    /// <summary>The job's own <c>layers</c>.</summary>
    public const string Custom = "custom";

    public static IReadOnlyList<string> All { get; } = [Softmax, Mlp, Cnn, ResNet20, Custom];
}
