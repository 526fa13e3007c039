namespace DistTrain.Recipes.Keys;

/// <summary>Text of one line, at most <see cref="MaximumLength"/> characters; read as string.</summary>
internal sealed class TextRule(string text) : ScalarRule
{
    public const int MaximumLength = 4096;

    public override string Text => text;

    public override ValueSchema Schema => ValueSchema.Text with { MinLength = 1, MaxLength = MaximumLength };

    protected override bool IsText => true;

    protected override object? Parse(string text, out string mistake)
    {
        mistake = text.Length switch
        {
            _ when string.IsNullOrWhiteSpace(text) => $"is empty; give {Text}",
            > MaximumLength => $"is longer than {MaximumLength} characters",
            _ => "has characters that cannot be printed; remove them",
        };
        return !string.IsNullOrWhiteSpace(text) && text.Length <= MaximumLength && IsPrintable(text) ? text : null;
    }

    private static bool IsPrintable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                i++;
            else if (char.IsControl(text[i]) || char.IsSurrogate(text[i]) || text[i] is '\u2028' or '\u2029' or '\uFEFF' or >= '\uFFFE')
                return false;
        }

        return true;
    }
}
