namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> that say how large a transformer is; another model is written without them.</summary>
internal static class TransformerKeys
{
    /// <summary>Of a job that does not say.</summary>
    public static TransformerSize Default { get; } = new(Width: 128, Depth: 4, Heads: 4);

    public static JobKey Width { get; } = Row("width", 1, 65_536, "numbers for each token; what stands between two linear layers is four times as wide", size => size.Width);

    public static JobKey Depth { get; } = Row("depth", 1, 256, "blocks, each of an attention and two linear layers", size => size.Depth);

    public static JobKey Heads { get; } = Row("heads", 1, 1024, "heads of each attention; a divisor of the width", size => size.Heads);

    public static IReadOnlyList<JobKey> All { get; } = [Width, Depth, Heads];

    private static JobKey Row(string name, long minimum, long maximum, string description, Func<TransformerSize, int> value) =>
        new($"spec.model.{name}", new WholeRule(minimum, maximum), null, description)
        {
            DefaultText = ValueText.Of((long)value(Default)),
            IgnoredWhen = "the model is not transformer",
            ValueIn = j => j.Spec.Model.Size is { } size ? value(size) : null,
        };
}
