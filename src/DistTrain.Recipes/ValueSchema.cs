namespace DistTrain.Recipes;

/// <summary>What an OpenAPI schema can say of a value of the job file; the rest is said by reading it.</summary>
/// <param name="Type">object, array, string, number, integer or boolean; null: of several types, the limits of each hold.</param>
public sealed record ValueSchema(string? Type)
{
    /// <summary>Meaning and default.</summary>
    public string? Description { get; init; }

    /// <summary>Of numbers: int64.</summary>
    public string? Format { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    /// <summary>True when <see cref="Minimum"/> itself is not allowed.</summary>
    public bool ExclusiveMinimum { get; init; }

    /// <summary>True when <see cref="Maximum"/> itself is not allowed.</summary>
    public bool ExclusiveMaximum { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>A regular expression for the whole text.</summary>
    public string? Pattern { get; init; }

    /// <summary>The allowed texts; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Of the items of a list.</summary>
    public ValueSchema? Items { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    /// <summary>Keys of a section, in order.</summary>
    public IReadOnlyList<(string Name, ValueSchema Schema)> Properties { get; init; } = [];

    public int? MinProperties { get; init; }

    public int? MaxProperties { get; init; }

    internal static ValueSchema Text { get; } = new("string");

    internal static ValueSchema Section { get; } = new("object");

    internal static ValueSchema ListOf(ValueSchema items) => new("array") { Items = items };

    /// <summary>What lets in all that one of two lets in.</summary>
    internal static ValueSchema Widest(ValueSchema a, ValueSchema b) => a.Type != b.Type || a.Items is not null
        ? SameList(a, b) ? a : new ValueSchema(Type: null)
        : a with
        {
            Format = a.Format == b.Format ? a.Format : null,
            Minimum = Lower(a.Minimum, b.Minimum),
            Maximum = -Lower(-a.Maximum, -b.Maximum),
            ExclusiveMinimum = a.ExclusiveMinimum && b.ExclusiveMinimum,
            ExclusiveMaximum = a.ExclusiveMaximum && b.ExclusiveMaximum,
            Choices = a.Choices.Count == 0 || b.Choices.Count == 0 ? [] : [.. a.Choices.Union(b.Choices)],
        };

    private static double? Lower(double? a, double? b) => a is { } x && b is { } y ? Math.Min(x, y) : null;

    private static bool SameList(ValueSchema a, ValueSchema b) =>
        a.Items is { } x && b.Items is { } y && (a.Type, a.MaxItems, x.Type, x.Minimum, x.Maximum) == (b.Type, b.MaxItems, y.Type, y.Minimum, y.Maximum) && x.Choices.SequenceEqual(y.Choices);
}
