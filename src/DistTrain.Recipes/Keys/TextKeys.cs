namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> that say what of a text an example is; other data are written without them.</summary>
internal static class TextKeys
{
    public static JobKey Context { get; } = Row(
        new("spec.dataset.context", new WholeRule(1, 65_536), null, "text: characters of an example, at most"),
        $"{DatasetNames.DefaultContext}",
        dataset => dataset.Context);

    public static JobKey Documents { get; } = Row(
        new("spec.dataset.documents", new ChoiceRule("what an example of text is", DocumentLayouts.All), null, "text: what an example is; packed: as many characters as the context has, one after the other, wherever lines end; padded: a line, with its end where next characters are told; lines without a character are left out, one that is longer than the context is refused, what is shorter is padded, and padding has no part in anything"),
        DocumentLayouts.Packed,
        dataset => dataset.Documents);

    /// <summary>Every key in the order written.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Context, Documents];

    private static JobKey Row(JobKey key, string value, Func<DatasetRecipe, object> valueIn) => key with
    {
        DefaultText = value,
        IgnoredWhen = "the dataset is not text",
        ValueIn = j => j.Spec.Dataset.HasTokens ? valueIn(j.Spec.Dataset) : null,
    };
}
