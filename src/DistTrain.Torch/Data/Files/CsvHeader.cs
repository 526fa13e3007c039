using System.Globalization;

namespace DistTrain.Torch.Data.Files;

/// <summary>What the first line of a CSV file says about its columns.</summary>
/// <param name="Line">1-based line it stood in.</param>
/// <param name="Names">The columns' names; null for a file without a header.</param>
/// <param name="Columns">Number of columns, the label's included; at least 2.</param>
/// <param name="LabelColumn">0-based column of the label.</param>
internal sealed record CsvHeader(int Line, IReadOnlyList<string>? Names, int Columns, int LabelColumn)
{
    private const string LabelName = "label";

    /// <summary>
    /// A line is a header if a column is named <c>label</c> (upper or lower case) or if no field is a number; a line of numbers
    /// only is data. Anything between might be a damaged row, and is refused rather than skipped.
    /// </summary>
    /// <exception cref="DatasetException">Fewer than two columns, two labels, or names and numbers mixed.</exception>
    public static CsvHeader Of(string path, int line, string text)
    {
        var fields = CsvFields.All(text);
        if (fields.Count < 2)
            throw CsvTable.Fault(path, line, 1, "at least two columns separated by commas", $"{fields.Count}", "Give a column for each feature and one for the label.");

        var labels = fields.Select((name, column) => (name, column)).Where(f => f.name.Equals(LabelName, StringComparison.OrdinalIgnoreCase)).Select(f => f.column).ToArray();
        if (labels.Length > 1)
            throw CsvTable.Fault(path, line, labels[1] + 1, "one column named 'label'", "a second one", "Rename one of the two.");
        if (labels.Length == 1)
            return new CsvHeader(line, fields, fields.Count, labels[0]);

        var words = fields.FindAll(field => !double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        if (words.Count == fields.Count)
            return new CsvHeader(line, fields, fields.Count, fields.Count - 1);
        if (words.Count == 0)
            return new CsvHeader(line, null, fields.Count, fields.Count - 1);
        throw CsvTable.Fault(path, line, fields.IndexOf(words[0]) + 1, "a number, or a header (then name the label's column 'label')", $"'{words[0]}' beside numbers", "Correct the field, or name the label's column 'label'.");
    }
}
