using System.Globalization;

namespace DistTrain.Recipes.Keys;

/// <summary>A whole number in decimal digits; read as long.</summary>
internal sealed class WholeRule(long minimum, long maximum) : ScalarRule
{
    public override string Text { get; } = (minimum, maximum) is (long.MinValue, long.MaxValue)
        ? "a whole number that fits in 64 bits"
        : $"a whole number from {minimum} to {maximum}";

    public override ValueSchema Schema { get; } = new("integer")
    {
        Format = "int64",
        Minimum = minimum == long.MinValue ? null : minimum,
        Maximum = maximum == long.MaxValue ? null : maximum,
    };

    protected override object? Parse(string text, out string mistake) => Parsed(text, out mistake);

    /// <summary>For rules that allow more than a number.</summary>
    internal object? Parsed(string text, out string mistake)
    {
        var fits = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        var isWhole = fits || (text.TrimStart('-', '+') is { Length: > 0 } digits && digits.All(char.IsAsciiDigit));
        mistake = isWhole ? $"is not allowed; give {Text}" : $"is not a whole number; give {Text}";
        return fits && value >= minimum && value <= maximum ? value : null;
    }
}
