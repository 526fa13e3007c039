namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Tables: a folder with train.csv and test.csv of the same columns. The label is the column named <c>label</c>, else the last
/// one; all others are features, in order, as they are. The number of classes is one more than the largest label of both files.
/// </summary>
internal static class CsvReader
{
    private static readonly string[] Names = ["train.csv", "test.csv"];

    /// <exception cref="DatasetException">A file is missing or unsound, or the columns of the two differ.</exception>
    public static (ExampleSet Train, ExampleSet Test) Read(string folder)
    {
        Require(folder, Names, "Put both files there, or correct dataset.path.");
        var train = CsvTable.Read(Path.Combine(folder, Names[0]));
        var test = CsvTable.Read(Path.Combine(folder, Names[1]));
        RequireSameColumns(train, test);
        var classes = Math.Max(train.Labels.Max(), test.Labels.Max()) + 1;
        return (SetOf(train, classes), SetOf(test, classes));
    }

    /// <summary>test.csv alone; its classes are those that its labels name.</summary>
    /// <exception cref="DatasetException">The file is missing or unsound.</exception>
    public static ExampleSet ReadTest(string folder)
    {
        Require(folder, Names[1..], "Put the file there, or correct dataset.path.");
        var test = CsvTable.Read(Path.Combine(folder, Names[1]));
        return SetOf(test, test.Labels.Max() + 1);
    }

    private static void Require(string folder, string[] names, string remedy)
    {
        var missing = Array.FindAll(names, name => !File.Exists(Path.Combine(folder, name)));
        if (missing.Length > 0)
            throw DatasetException.Missing(folder, missing, remedy);
    }

    private static ExampleSet SetOf(CsvTable table, int classes) =>
        ExampleSet.OfValues([table.Header.Columns - 1], classes, table.Values, table.Labels);

    private static void RequireSameColumns(CsvTable train, CsvTable test)
    {
        var (wanted, found) = (train.Header, test.Header);
        if (found.Columns != wanted.Columns)
            throw CsvTable.Fault(test.Path, found.Line, Math.Min(found.Columns, wanted.Columns) + 1, $"{wanted.Columns} columns as in {train.Path}", $"{found.Columns}", "Give both files the same columns.");
        if (found.LabelColumn != wanted.LabelColumn)
            throw CsvTable.Fault(test.Path, found.Line, wanted.LabelColumn + 1, $"the label here as in {train.Path}", $"it in column {found.LabelColumn + 1}", "Give both files the same header, or none with the label last.");
        if (wanted.Names is null || found.Names is null)
            return;

        for (var i = 0; i < wanted.Columns; i++)
        {
            if (found.Names[i] != wanted.Names[i])
                throw CsvTable.Fault(test.Path, found.Line, i + 1, $"column '{wanted.Names[i]}' as in {train.Path}", $"'{found.Names[i]}'", "Give both files the same columns in the same order.");
        }
    }
}
