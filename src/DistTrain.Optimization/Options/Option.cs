namespace DistTrain.Optimization.Options;

/// <summary>What an option of a policy holds.</summary>
public enum OptionKind
{
    Number,
    Whole,
    Flag,
    Choice,
    Names,
    Numbers,
}

/// <summary>
/// One documented option of a policy (optimizer, schedule). The job file's validation, its errors and the
/// printed documentation all come from here.
/// </summary>
/// <param name="Name">Key in the job file, camelCase.</param>
/// <param name="Kind">What the value is.</param>
/// <param name="Default">Value taken when the key is absent: double, long, bool, string, list of strings or list of doubles by kind; null means required.</param>
/// <param name="Description">One clause: meaning and unit.</param>
public sealed record Option(string Name, OptionKind Kind, object? Default, string Description)
{
    /// <summary>Smallest allowed number; of <see cref="OptionKind.Numbers"/>, of each.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>Largest allowed number; of <see cref="OptionKind.Numbers"/>, of each.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>True when <see cref="Minimum"/> itself is not allowed.</summary>
    public bool ExclusiveMinimum { get; init; }

    /// <summary>True when <see cref="Maximum"/> itself is not allowed.</summary>
    public bool ExclusiveMaximum { get; init; }

    /// <summary>True when each of the <see cref="OptionKind.Numbers"/> must be above the one before.</summary>
    public bool IsAscending { get; init; }

    /// <summary>Allowed values of a <see cref="OptionKind.Choice"/> or the allowed members of <see cref="OptionKind.Names"/>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>When the option has no effect, or null.</summary>
    public string? IgnoredWhen { get; init; }

    /// <summary>The allowed values in words, as printed in errors and documentation, e.g. "a number in [0, 1)".</summary>
    public string Rule => Kind switch
    {
        OptionKind.Whole => $"a whole number from {Minimum} to {Maximum}",
        OptionKind.Flag => "true or false",
        OptionKind.Choice => "one of " + string.Join(", ", Choices),
        OptionKind.Names => "a list of " + string.Join(", ", Choices),
        OptionKind.Numbers => $"a list of {(IsAscending ? "ascending " : "")}{RangeRule("numbers")}",
        _ => RangeRule("a number"),
    };

    /// <summary>True when <paramref name="value"/> lies in the option's range.</summary>
    public bool Allows(double value) =>
        double.IsFinite(value)
        && (ExclusiveMinimum ? value > Minimum : value >= Minimum)
        && (ExclusiveMaximum ? value < Maximum : value <= Maximum);

    /// <param name="noun">"a number" or "numbers".</param>
    private string RangeRule(string noun)
    {
        var low = double.IsNegativeInfinity(Minimum);
        var high = double.IsPositiveInfinity(Maximum);
        return (low, high) switch
        {
            (true, true) => noun.Replace("number", "finite number", StringComparison.Ordinal),
            (false, true) => $"{noun} {(ExclusiveMinimum ? "above" : "of at least")} {Minimum}",
            (true, false) => $"{noun} {(ExclusiveMaximum ? "below" : "of at most")} {Maximum}",
            _ => $"{noun} in {(ExclusiveMinimum ? '(' : '[')}{Minimum}, {Maximum}{(ExclusiveMaximum ? ')' : ']')}",
        };
    }
}
