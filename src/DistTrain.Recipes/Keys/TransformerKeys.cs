namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> that say how large a transformer or bert is, and how wide a residual network; another model is written without them.</summary>
internal static class TransformerKeys
{
    /// <summary>Of a job that does not say.</summary>
    public static TransformerSize Default { get; } = new(Width: 128, Depth: 4, Heads: 4);

    /// <summary>BERT-base's (1810.04805, section 3).</summary>
    public static TransformerSize Base { get; } = new(Width: 768, Depth: 12, Heads: 12);

    /// <summary>Of resnet18 and resnet50, as torchvision has them.</summary>
    public const int ResidualWidth = 64;

    /// <summary>Says what the others are where they are not given; a resolved job has these alone.</summary>
    public static JobKey Size { get; } =
        new("spec.model.size", new ChoiceRule("a size", ["base"]), null, "base: width 768, depth 12 and heads 12, as BERT-base's, where the three do not say otherwise")
        {
            DefaultText = "none: the three below say it",
            IgnoredWhen = NoTransformer,
        };

    public static JobKey Width { get; } =
        Row("width", 1, 65_536, "numbers for each token; what stands between two linear layers is four times as wide; of resnet18 and resnet50, channels of the first stage, each further one has twice as many", size => size.Width) with
        {
            DefaultText = $"{Default.Width}; of resnet18 and resnet50 {ResidualWidth}",
            IgnoredWhen = "the model is none of transformer, bert, resnet18 and resnet50",
            ValueIn = j => j.Spec.Model.Size?.Width ?? j.Spec.Model.Width,
        };

    public static JobKey Depth { get; } = Row("depth", 1, 256, "blocks, each of an attention and two linear layers", size => size.Depth);

    public static JobKey Heads { get; } = Row("heads", 1, 1024, "heads of each attention; a divisor of the width", size => size.Heads);

    public static IReadOnlyList<JobKey> All { get; } = [Size, Width, Depth, Heads];

    private const string NoTransformer = "the model is neither transformer nor bert";

    private static JobKey Row(string name, long minimum, long maximum, string description, Func<TransformerSize, int> value) =>
        new($"spec.model.{name}", new WholeRule(minimum, maximum), null, description)
        {
            DefaultText = ValueText.Of((long)value(Default)),
            IgnoredWhen = NoTransformer,
            ValueIn = j => j.Spec.Model.Size is { } size ? value(size) : null,
        };
}
