using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>One of a closed list of names; read as string.</summary>
/// <param name="noun">What the names are, with its article: "an optimizer".</param>
/// <param name="names">The allowed names.</param>
internal sealed class ChoiceRule(string noun, IReadOnlyList<string> names) : ScalarRule
{
    public override string Text { get; } = names.Count == 1 ? names[0] : "one of " + string.Join(", ", names);

    public override ValueSchema Schema { get; } = ValueSchema.Text with { Choices = names };

    protected override bool IsText => true;

    protected override object? Parse(string text, out string mistake)
    {
        mistake = $"is not {noun}; use one of {string.Join(", ", names)}";
        return names.Contains(text) ? text : null;
    }

    protected override string? Suggest(string text) => NearestName.Of(text, names);
}
