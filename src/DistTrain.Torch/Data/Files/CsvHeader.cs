using System.Globalization;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>What the first line of a CSV file says about its columns.</summary>
/// <param name="Line">1-based line it stood in.</param>
/// <param name="Fields">Its fields; at least 2.</param>
/// <param name="IsNamed">They are the columns' names; else the line is an example.</param>
/// <param name="LabelColumn">0-based column of the label.</param>
internal sealed record CsvHeader(int Line, IReadOnlyList<string> Fields, bool IsNamed, int LabelColumn)
{
    /// <summary>From this number of columns on, numbers that could be names are not taken for an example by chance.</summary>
    public const int FewestAmbiguous = 3;

    /// <summary>What to do where a line may be either.</summary>
    public const string Remedy = "Set dataset.header to first-line if it names the columns, or to none if it is an example.";

    private const string LabelName = "label";

    /// <summary>The columns' names; null for a file without a header.</summary>
    public IReadOnlyList<string>? Names => IsNamed ? Fields : null;

    /// <summary>Number of columns, the label's included.</summary>
    public int Columns => Fields.Count;

    /// <summary>Neither the job nor a name says which column is the label.</summary>
    public bool IsLabelAssumed { get; private init; }

    /// <summary>
    /// Unless the job says what it is, a line is a header if a column has the label's name or if no field is a number; a line of numbers only is
    /// data. What might be a damaged row or numbered columns is refused rather than skipped or learned.
    /// </summary>
    /// <exception cref="DatasetException">Fewer than two columns, two labels or none, or a line that may be either.</exception>
    public static CsvHeader Of(string path, int line, string text, DatasetRecipe recipe)
    {
        var fields = CsvFields.All(text);
        if (fields.Count < 2)
            throw CsvTable.Fault(path, line, 1, "at least two columns separated by commas", $"{fields.Count}", "Give a column for each feature and one for the label.");
        var isNamed = recipe.Header == CsvHeaders.FirstLine || (recipe.Header == CsvHeaders.Auto && LooksNamed(path, line, fields, recipe.Label ?? LabelName));
        return isNamed ? Named(path, line, fields, recipe.Label) : Unnamed(path, line, fields, recipe.Label);
    }

    /// <summary>True for whole numbers, no two of them equal: they could name columns.</summary>
    public static bool AreDistinctWholes(IReadOnlyList<string> fields) => Wholes(fields) is { } wholes && wholes.Distinct().Count() == wholes.Count;

    private static bool LooksNamed(string path, int line, List<string> fields, string label)
    {
        var words = fields.FindAll(field => !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        if (words.Count == fields.Count || words.Exists(word => IsName(word, label)))
            return true;
        if (words.Count > 0)
            throw CsvTable.Fault(path, line, fields.IndexOf(words[0]) + 1, $"a number, or a header (then name the label's column '{label}')", $"'{words[0]}' beside numbers", $"Correct the field, or name the label's column '{label}', or set dataset.header to first-line.");
        if (fields.Count >= FewestAmbiguous && Wholes(fields) is { } wholes && wholes.Zip(wholes.Skip(1)).All(pair => pair.Second == pair.First + 1))
            throw CsvTable.Fault(path, line, 1, "names of columns, or an example", $"numbers that count up, {fields[0]} to {fields[^1]}, which may be either", Remedy);
        return false;
    }

    private static CsvHeader Named(string path, int line, List<string> fields, string? label)
    {
        List<int> found = [.. fields.Index().Where(field => IsName(field.Item, label ?? LabelName)).Select(field => field.Index)];
        if (found.Count > 1)
            throw CsvTable.Fault(path, line, found[1] + 1, $"one column named '{label ?? LabelName}'", "a second one", "Rename one of the two.");
        if (label is not null && found.Count == 0)
            throw CsvTable.Fault(path, line, 1, $"a column named '{label}', as dataset.label says", string.Join(", ", fields.Take(20)), "Set dataset.label to one of these names.");
        return new CsvHeader(line, fields, IsNamed: true, found.Count == 1 ? found[0] : fields.Count - 1) { IsLabelAssumed = found.Count == 0 };
    }

    private static CsvHeader Unnamed(string path, int line, List<string> fields, string? label)
    {
        if (label is null)
            return new CsvHeader(line, fields, IsNamed: false, fields.Count - 1) { IsLabelAssumed = true };
        return int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out var column) && column >= 1 && column <= fields.Count
            ? new CsvHeader(line, fields, IsNamed: false, column - 1)
            : throw CsvTable.Fault(path, line, 1, $"a header with a column named '{label}', as dataset.label says", "no header", $"Set dataset.label to the column's number, from 1 to {fields.Count}, or dataset.header to first-line.");
    }

    private static bool IsName(string field, string label) => field.Equals(label, StringComparison.OrdinalIgnoreCase);

    private static List<long>? Wholes(IReadOnlyList<string> fields)
    {
        List<long> wholes = [];
        foreach (var field in fields)
        {
            if (!long.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
                return null;
            wholes.Add(whole);
        }

        return wholes;
    }
}
