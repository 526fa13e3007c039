using System.Globalization;
using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>A number in an option's range; read as double.</summary>
internal sealed class NumberRule(Option option) : ScalarRule
{
    private const NumberStyles Styles =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public override string Text => option.Rule;

    protected override object? Parse(string text, out string mistake)
    {
        var isNumber = double.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value);
        mistake = isNumber ? $"is not allowed; give {Text}" : $"is not a number; give {Text}";
        return isNumber && option.Allows(value) ? value : null;
    }
}
