using System.Globalization;

namespace DistTrain.Recipes.Keys;

/// <summary>A share of a whole, below 1, or a count from 1 on; read as double.</summary>
internal sealed class ShareOrCountRule(long most) : ScalarRule
{
    public override string Text { get; } = FormattableString.Invariant($"a share above 0 and below 1, or a whole number from 1 to {most}");

    public override ValueSchema Schema { get; } = new("number") { Minimum = 0, Maximum = most, ExclusiveMinimum = true };

    protected override object? Parse(string text, out string mistake)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var isNumber = double.TryParse(text, styles, CultureInfo.InvariantCulture, out var value);
        mistake = isNumber ? $"is not allowed; give {Text}" : $"is not a number; give {Text}";
        return isNumber && value > 0 && value <= most && (value < 1 || value == Math.Floor(value)) ? value : null;
    }
}
