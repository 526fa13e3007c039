using System.Globalization;
using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>A number in an option's range; read as double.</summary>
internal sealed class NumberRule(Option option) : ScalarRule
{
    private const NumberStyles Styles =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    public override string Text => option.Rule;

    public override ValueSchema Schema { get; } = new("number")
    {
        Minimum = double.IsFinite(option.Minimum) ? option.Minimum : null,
        Maximum = double.IsFinite(option.Maximum) ? option.Maximum : null,
        ExclusiveMinimum = option.ExclusiveMinimum,
        ExclusiveMaximum = option.ExclusiveMaximum,
    };

    protected override object? Parse(string text, out string mistake)
    {
        var isNumber = double.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value);
        mistake = isNumber ? $"is not allowed; give {Text}" : $"is not a number; give {Text}";
        return isNumber && option.Allows(value) ? value : null;
    }
}
