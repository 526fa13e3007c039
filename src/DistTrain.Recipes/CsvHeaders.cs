namespace DistTrain.Recipes;

/// <summary>What the first line of a CSV file is, by the names of the job file.</summary>
public static class CsvHeaders
{
    /// <summary>Names of columns if none of its fields is a number or one names the label, an example if all are numbers; else refused.</summary>
    public const string Auto = "auto";

    /// <summary>Names of columns, numbers or not.</summary>
    public const string FirstLine = "first-line";

    /// <summary>An example.</summary>
    public const string None = "none";

    public static IReadOnlyList<string> All { get; } = [Auto, FirstLine, None];
}
