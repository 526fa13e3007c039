using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Tables: a folder with train.csv and test.csv of the same columns. The label is the column that the job names, else the one named
/// <c>label</c>, else the last; all others are features, in order, as they are. The number of classes is one more than the largest label of both; where the
/// task is regression, the label is a number, as it is.
/// </summary>
internal static class CsvReader
{
    private static readonly string[] Names = ["train.csv", "test.csv"];

    /// <summary>The full paths of both files.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder)
    {
        Require(folder, Names, "Put both files there, or correct dataset.path.");
        return [.. Names.Select(name => Path.Combine(folder, name))];
    }

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="recipe">How header and label are to be read.</param>
    /// <param name="files">Opens them.</param>
    /// <exception cref="DatasetException">A file is unsound, or the columns of the two differ.</exception>
    public static (ExampleSet Train, ExampleSet Test, TableColumns Columns) Read(IReadOnlyList<string> paths, DatasetRecipe recipe, DatasetFiles files)
    {
        var train = CsvTable.Read(paths[0], recipe, files);
        var test = CsvTable.Read(paths[1], recipe, files);
        RequireSameColumns(train, test);
        if (recipe.Header == CsvHeaders.Auto)
            RefuseNumberedColumns(train, test);
        var classes = train.Labels.Concat(test.Labels).DefaultIfEmpty().Max() + 1;
        var columns = new TableColumns(train.Header.Names ?? test.Header.Names, train.Header.Columns, train.Header.LabelColumn)
        {
            IsLabelAssumed = train.Header.IsLabelAssumed && test.Header.IsLabelAssumed,
        };
        return (SetOf(train, classes), SetOf(test, classes), columns);
    }

    /// <summary>test.csv alone; its classes are those that its labels name.</summary>
    /// <exception cref="DatasetException">The file is missing or unsound.</exception>
    public static ExampleSet ReadTest(string folder, DatasetRecipe recipe)
    {
        Require(folder, Names[1..], "Put the file there, or correct dataset.path.");
        var test = CsvTable.Read(Path.Combine(folder, Names[1]), recipe, new DatasetFiles(folder));
        return SetOf(test, test.Labels.DefaultIfEmpty().Max() + 1);
    }

    private static void Require(string folder, string[] names, string remedy)
    {
        var missing = Array.FindAll(names, name => !File.Exists(Path.Combine(folder, name)));
        if (missing.Length > 0)
            throw DatasetException.Missing(folder, missing, remedy);
    }

    private static ExampleSet SetOf(CsvTable table, int classes) => table.Numbers.Length > 0
        ? ExampleSet.OfNumbers([table.Header.Columns - 1], table.Values, table.Numbers)
        : ExampleSet.OfValues([table.Header.Columns - 1], classes, table.Values, table.Labels);

    // Two files rarely begin with the same example, and always with the same names.
    private static void RefuseNumberedColumns(CsvTable train, CsvTable test)
    {
        var fields = train.Header.Fields;
        if (train.Header.IsNamed || test.Header.IsNamed || fields.Count < CsvHeader.FewestAmbiguous)
            return;
        if (fields.SequenceEqual(test.Header.Fields) && CsvHeader.AreDistinctWholes(fields))
            throw CsvTable.Fault(train.Path, train.Header.Line, 1, "names of columns, or an example", $"whole numbers with which {test.Path} begins too, which may be either", CsvHeader.Remedy);
    }

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
