namespace DistTrain.Recipes.Keys;

/// <summary>A SHA-256; read as string.</summary>
internal sealed class DigestRule : ScalarRule
{
    private const int Digits = 64;

    public override string Text => "64 lower-case hexadecimal digits";

    public override ValueSchema Schema => ValueSchema.Text with { Pattern = $"^[0-9a-f]{{{Digits}}}$" };

    protected override bool IsText => true;

    protected override object? Parse(string text, out string mistake)
    {
        mistake = $"is not a SHA-256; give {Text}";
        return text.Length == Digits && text.All(char.IsAsciiHexDigitLower) ? text : null;
    }
}
