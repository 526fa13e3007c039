using System.Globalization;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>One CSV file of numbers: features and a label in each line. Blank lines are skipped, a point is the decimal sign.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Header">What the first line said.</param>
/// <param name="Values">[rows, features], row-major, finite.</param>
/// <param name="Labels">[rows], each 0..<see cref="MaxClasses"/> − 1; empty where numbers are to be told.</param>
/// <param name="Numbers">[rows], finite, those; empty where classes are.</param>
internal sealed record CsvTable(string Path, CsvHeader Header, float[] Values, int[] Labels, float[] Numbers)
{
    /// <summary>A label past this is taken for a column that is no class.</summary>
    public const int MaxClasses = 65_536;

    private const string LabelRemedy = "Labels are whole numbers from 0 on; their column is the one that dataset.label says, or the one named 'label', or the last. If it has a number that is to be told, set task.name to regression.";

    /// <exception cref="DatasetException">The file cannot be read, has no rows, a ragged row, or a field that is no finite number.</exception>
    public static CsvTable Read(string path, DatasetRecipe recipe, DatasetFiles files)
    {
        try
        {
            return ReadLines(path, recipe, files);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw Fault(path, 1, 1, "a readable file", cause.Message, "Check the file and its permissions.", cause);
        }
    }

    /// <summary>An exception that names a place in a CSV file; line and column count from 1, a column being a field.</summary>
    public static DatasetException Fault(string path, int line, int column, string expected, string found, string remedy, Exception? cause = null) =>
        DatasetException.At(path, $"line {line}, column {column}", expected, found, remedy, cause);

    private static CsvTable ReadLines(string path, DatasetRecipe recipe, DatasetFiles files)
    {
        using var reader = new StreamReader(files.Open(path));
        CsvHeader? header = null;
        var values = new List<float>();
        var labels = new List<int>();
        var numbers = recipe.Regression is null ? null : new List<float>();
        var line = 0;
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
                continue;
            if (header is null)
            {
                header = CsvHeader.Of(path, line, text, recipe);
                if (header.IsNamed)
                    continue;
            }

            ReadRow(path, line, text, header, values, labels, numbers);
        }

        if (header is null || labels.Count + (numbers?.Count ?? 0) == 0)
            throw Fault(path, line + 1, 1, "at least one row of numbers", "the end of the file", "Give the file some examples.");
        return new CsvTable(path, header, [.. values], [.. labels], [.. numbers ?? []]);
    }

    private static void ReadRow(string path, int line, string text, CsvHeader header, List<float> values, List<int> labels, List<float>? numbers)
    {
        if (values.Count > Array.MaxLength - header.Columns)
            throw Fault(path, line, 1, $"at most {Array.MaxLength} numbers in a file", "more", "Use fewer rows.");

        var fields = new CsvFields(text);
        while (fields.Next())
        {
            if (fields.Column > header.Columns)
                throw Fault(path, line, fields.Column, $"{header.Columns} columns as in the first line", "more", "Correct the row.");
            if (fields.Column - 1 != header.LabelColumn)
                values.Add(ReadValue(path, line, fields));
            else if (numbers is null)
                labels.Add(ReadLabel(path, line, fields));
            else
                numbers.Add(ReadValue(path, line, fields));
        }

        if (fields.Column < header.Columns)
            throw Fault(path, line, fields.Column + 1, $"{header.Columns} columns as in the first line", $"the end of the line after {fields.Column}", "Correct the row.");
    }

    private static float ReadValue(string path, int line, CsvFields fields) =>
        float.TryParse(fields.Current, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value)
            ? value
            : throw Fault(path, line, fields.Column, "a finite number", $"'{fields.Current}'", "Replace the field by a number (decimal point, no unit, nothing missing), or drop the row.");

    // Some programs write every number as a float: 3.0 is a label, 3.5 is not.
    private static int ReadLabel(string path, int line, CsvFields fields) =>
        double.TryParse(fields.Current, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value == Math.Floor(value) && value is >= 0 and < MaxClasses
            ? (int)value
            : throw Fault(path, line, fields.Column, $"a whole label from 0 to {MaxClasses - 1}", $"'{fields.Current}'", LabelRemedy);
}
