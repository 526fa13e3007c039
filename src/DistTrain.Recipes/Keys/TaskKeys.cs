using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.task</c>; of images and tables nothing is written but what differs from the defaults.</summary>
internal static class TaskKeys
{
    public static JobKey Section { get; } = JobKey.SectionOf("spec.task", "what is told of an example");

    public static JobKey Name { get; } =
        new("spec.task.name", new ChoiceRule("a task", TaskNames.All), null, "classification: the class of an image or a row; regression: a number of a row, csv's label; nextToken: of text each next token from those before it; maskedToken: of text some tokens from those around them, which a mask token hides (1810.04805)")
        {
            DefaultText = "nextToken for text, else classification",
            ValueIn = j => j.Spec.Dataset is { HasTokens: false, Regression: null } data && data.Classification.Equals(ClassificationRecipe.Plain) ? null : j.Spec.Dataset.Task,
        };

    public static JobKey Smoothing { get; } = JobKey.Of(
        Section.Path, new("smoothing", OptionKind.Number, null, "classification: share of a label that goes to all classes alike (1512.00567, section 7)") { Minimum = 0, Maximum = 1, ExclusiveMaximum = true }) with
    {
        DefaultText = "0",
        ValueIn = j => j.Spec.Dataset.Classification.Smoothing is > 0 and var smoothing ? smoothing : null,
    };

    public static JobKey ClassWeights { get; } = JobKey.Of(
        Section.Path, new("classWeights", OptionKind.Numbers, null, "classification: what an example of each class counts in the loss, in their order; a step's loss is the weighted mean of all its examples, whatever rank has them") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1e6 }) with
    {
        DefaultText = "none: all the same",
        ValueIn = j => j.Spec.Dataset.Classification.Weights is { Count: > 0 } weights ? weights : null,
    };

    public static JobKey TopK { get; } =
        new("spec.task.topK", new WholeRule(1, 65_536), null, "classification: the share of examples whose class is among so many highest scores is told beside the accuracy; decides no weights")
        {
            DefaultText = "1: nothing beside it",
            DecidesBits = false,
            ValueIn = j => j.Spec.Dataset.Classification.TopK is > 1 and var most ? (long)most : null,
        };

    public static JobKey Loss { get; } =
        new("spec.task.loss", new ChoiceRule("a loss", RegressionLosses.All), null, "regression: what an error e costs; squared: e²; huber: e²/2 up to delta, beyond it delta·(|e| − delta/2)")
        {
            DefaultText = RegressionLosses.Squared,
            ValueIn = j => j.Spec.Dataset.Regression?.Loss,
        };

    public static JobKey Delta { get; } = JobKey.Of(
        Section.Path, new("delta", OptionKind.Number, null, "huber: the error from which on it costs as a line does, in units of the label") { Minimum = 0, ExclusiveMinimum = true }) with
    {
        DefaultText = ValueText.Of(RegressionRecipe.DefaultDelta),
        ValueIn = j => j.Spec.Dataset.Regression is { Loss: RegressionLosses.Huber } regression ? regression.Delta : null,
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

    /// <summary>The tasks that take options, what the others lack for them, and which they are.</summary>
    public static IReadOnlyList<(string Task, string Lack, IReadOnlyList<JobKey> Keys)> Options { get; } =
    [
        (TaskNames.Classification, "tells no classes of examples", [Smoothing, ClassWeights, TopK]),
        (TaskNames.Regression, "tells no numbers", [Loss, Delta]),
        (TaskNames.MaskedToken, "hides no tokens", [Share, Masked, Random]),
    ];

    /// <summary>Every key in the order written; a section stands before its keys.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Section, Name, .. Options.SelectMany(task => task.Keys)];

    private static JobKey Row(Option option, double value, Func<MaskingRecipe, double> valueIn) => JobKey.Of(Section.Path, option) with
    {
        DefaultText = ValueText.Of(value),
        ValueIn = j => j.Spec.Dataset.Masking is { } masking ? valueIn(masking) : null,
    };
}
