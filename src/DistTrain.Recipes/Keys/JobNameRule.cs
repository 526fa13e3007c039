namespace DistTrain.Recipes.Keys;

/// <summary>The name of a job (<see cref="JobId.IsValidName"/>); read as string.</summary>
internal sealed class JobNameRule : ScalarRule
{
    public override string Text { get; } =
        $"lower-case letters, digits and dashes, first a letter or digit, at most {JobId.MaximumNameLength} characters";

    public override ValueSchema Schema { get; } = ValueSchema.Text with { Pattern = "^[a-z0-9][a-z0-9-]*$", MaxLength = JobId.MaximumNameLength };

    protected override bool IsText => true;

    protected override object? Parse(string text, out string mistake)
    {
        mistake = $"is not a name for a job; use {Text}";
        return JobId.IsValidName(text) ? text : null;
    }

    protected override string? Suggest(string text)
    {
        var name = string.Concat(text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return JobId.IsValidName(name) ? name : null;
    }
}
