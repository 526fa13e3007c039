using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.task</c>; of images and tables nothing is written.</summary>
internal static class TaskKeys
{
    public static JobKey Section { get; } = JobKey.SectionOf("spec.task", "what is told of an example");

    public static JobKey Name { get; } =
        new("spec.task.name", new ChoiceRule("a task", TaskNames.All), null, "classification: the class of an image or a row; nextToken: of text each next token from those before it; maskedToken: of text some tokens from those around them, which a mask token hides (1810.04805)")
        {
            DefaultText = "nextToken for text, else classification",
            ValueIn = j => j.Spec.Dataset.HasTokens ? j.Spec.Dataset.Task : null,
        };

    public static JobKey Share { get; } = Row(
        new("share", OptionKind.Number, null, "maskedToken: share of an example's tokens that are to be told, rounded, at least one; which, the seed says, for each epoch anew") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 },
        MaskingRecipe.DefaultShare,
        masking => masking.Share);

    public static JobKey Masked { get; } = Row(
        new("masked", OptionKind.Number, null, "maskedToken: probability that the mask token stands in the place of a token that is to be told") { Minimum = 0, Maximum = 1 },
        MaskingRecipe.DefaultMasked,
        masking => masking.Masked);

    public static JobKey Random { get; } = Row(
        new("random", OptionKind.Number, null, "maskedToken: probability that any token of the vocabulary does; else the token stays") { Minimum = 0, Maximum = 1 },
        MaskingRecipe.DefaultRandom,
        masking => masking.Random);

    /// <summary>Every key in the order written; a section stands before its keys.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Section, Name, Share, Masked, Random];

    private static JobKey Row(Option option, double value, Func<MaskingRecipe, double> valueIn) => JobKey.Of(Section.Path, option) with
    {
        DefaultText = ValueText.Of(value),
        ValueIn = j => j.Spec.Dataset.Masking is { } masking ? valueIn(masking) : null,
    };
}
