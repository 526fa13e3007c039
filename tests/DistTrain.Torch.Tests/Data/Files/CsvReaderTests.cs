using System.Globalization;
using System.Text;
using CsCheck;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Files;

[Trait("Kind", "Fast")]
public sealed class CsvReaderTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public CsvReaderTests()
    {
        _folder.Write("train.csv", "a,label,b\n1,0,2.5\n-3,2,4e-1\n");
        _folder.Write("test.csv", "a,label,b\n5,1,6\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_the_column_named_label()
    {
        var data = _folder.Read("csv");
        var features = new float[2];
        data.Train.CopyFeatures(1, features);
        Assert.Equal([-3, 0.4f], features);
        Assert.Equal([2], data.Train.Shape);
        Assert.Equal((2, 1, 3), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal((0, 2, 1), (data.Train.Label(0), data.Train.Label(1), data.Test.Label(0)));
    }

    [Theory]
    [InlineData("1,2,0\n3,4,1", "5,6,1")]
    [InlineData("x,y,class\n1,2,0\n3,4,1\n", "x,y,class\n5,6,1\n")]
    [InlineData("x,y,class\r\n1,2,0\r\n\r\n3,4,1\r\n", "5,6,1\r\n\r\n")]
    [InlineData("\"x, first\",\"a \"\"y\"\"\",class\n\"1\", 2 ,\"0\"\n3,4,1.0\n", "\"x, first\",\"a \"\"y\"\"\",class\n5,6,1\n")]
    [InlineData("\uFEFFLabel,x,y\n0,1,2\n1,3,4\n", "label,x,y\n1,5,6\n")]
    public void Other_ways_to_write_the_same_table_will_do(string train, string test)
    {
        _folder.Write("train.csv", train);
        _folder.Write("test.csv", train.Contains("Label", StringComparison.Ordinal) ? test.Replace("label", "Label", StringComparison.Ordinal) : test);
        var data = _folder.Read("csv");
        var features = new float[2];
        data.Train.CopyFeatures(1, features);
        Assert.Equal([3, 4], features);
        Assert.Equal((2, 1, 2), (data.Train.Count, data.Train.Label(1), data.Train.Classes));
    }

    [Fact]
    public void The_test_set_alone_needs_no_training_file()
    {
        File.Delete(_folder.At("train.csv"));
        var test = DatasetReader.ReadTest(new DatasetRecipe("csv", _folder.Path, null, null));
        Assert.Equal((1, 2, 2), (test.Count, test.Features, test.Classes));
    }

    /// <summary>What may not be looked at was "does not exist"; links that lead to themselves are so for root too.</summary>
    [Fact]
    public void A_file_that_cannot_be_looked_at_is_not_missing()
    {
        File.CreateSymbolicLink(_folder.At("loop"), _folder.At("loop"));
        var folder = _folder.At("loop/data");
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(new DatasetRecipe("csv", folder, null, null))).Message;
        Assert.StartsWith($"Folder {folder} can't be read: Too many levels of symbolic links", message, StringComparison.Ordinal);
        Assert.EndsWith("Put both files there, or correct dataset.path.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_finite_float_survives() =>
        Gen.Float.Where(float.IsFinite).Array[1, 20].Sample(values =>
        {
            var text = new StringBuilder();
            foreach (var value in values)
                text.Append(value.ToString("R", CultureInfo.InvariantCulture)).Append(",0\n");
            _folder.Write("train.csv", text.ToString());
            _folder.Write("test.csv", "1,0\n");
            var train = _folder.Read("csv").Train;
            var copied = new float[1];
            for (var i = 0; i < values.Length; i++)
            {
                train.CopyFeatures(i, copied);
                if (!copied[0].Equals(values[i]))
                    return false;
            }

            return train.Count == values.Length;
        }, threads: 1, iter: 50);

    [Fact]
    public void A_number_to_tell_is_as_it_is()
    {
        _folder.Write("train.csv", "x,label\n1,-2.5\n2,1e3\n3,4\n");
        _folder.Write("test.csv", "x,label\n5,0.5\n");
        var recipe = new DatasetRecipe("csv", _folder.Path, null, null) { Regression = new RegressionRecipe(RegressionLosses.Squared, 1) };
        var data = DatasetReader.Read(recipe);
        Assert.Equal((-2.5f, 1000f, 0.5f, 1), (data.Train.Number(0), data.Train.Number(1), data.Test.Number(0), data.Train.Classes));
        Assert.Equal(data.Test.Number(0), DatasetReader.ReadTest(recipe).Number(0));
        Assert.Equal(1000f, data.Train.Only([1]).Number(0));
        // Another number is other data, and so is a number that is a class.
        _folder.Write("train.csv", "x,label\n1,-2.5\n2,1e3\n3,5\n");
        Assert.NotEqual(data.Fingerprint, DatasetReader.Read(recipe).Fingerprint);
        _folder.AssertRefused("csv", "line 2, column 2", "a whole label", "'-2.5'", "set task.name to regression");
    }

    [Fact]
    public void Weights_and_topK_are_held_to_the_classes_that_are_there()
    {
        var recipe = new DatasetRecipe("csv", _folder.Path, null, null) { Classification = new ClassificationRecipe(0, [1, 2], 4) };
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(recipe)).Message;
        Assert.Equal(
            "task.classWeights: has 2 numbers, and the data have 3 classes; give one for each, in their order. task.topK: 4 is above the data's 3 classes, where every example is among the highest; give at most 3.",
            message);
    }

    [Theory]
    [InlineData("a,label,b\n1,0,2\n1,0,x\n", "line 3, column 3", "a finite number", "'x'")]
    [InlineData("a,label,b\n1,0,\n", "line 2, column 3", "a finite number", "''")]
    [InlineData("a,label,b\n1,0,NaN\n", "line 2, column 3", "a finite number", "'NaN'")]
    [InlineData("a,label,b\n1e40,0,1\n", "line 2, column 1", "a finite number", "'1e40'")]
    [InlineData("a,label,b\n\n1,0.5,1\n", "line 3, column 2", "a whole label", "'0.5'")]
    [InlineData("a,label,b\n1,-1,1\n", "line 2, column 2", "a whole label", "'-1'")]
    [InlineData("a,label,b\n1,99999999999,1\n", "line 2, column 2", "a whole label", "'99999999999'")]
    [InlineData("a,label,b\n1,0\n", "line 2, column 3", "3 columns", "the end of the line after 2")]
    [InlineData("a,label,b\n1,0,2,3\n", "line 2, column 4", "3 columns", "more")]
    [InlineData("a,label,b\n1,0,\"2\n", "line 2, column 3", "a finite number", "'\"2'")]
    [InlineData("a,b,3\n1,0,2\n", "line 1, column 1", "'a' beside numbers", "'label'")]
    [InlineData("label,b,label\n1,0,2\n", "line 1, column 3", "one column named 'label'", "a second")]
    [InlineData("label\n1\n", "line 1, column 1", "two columns", "found 1")]
    [InlineData("a,label,b\n", "line 2, column 1", "at least one row", "the end of the file")]
    [InlineData("", "line 1, column 1", "at least one row", "the end of the file")]
    public void Refuses_an_unsound_file(string train, params string[] parts)
    {
        _folder.Write("train.csv", train);
        _folder.AssertRefused("csv", [_folder.At("train.csv"), .. parts]);
    }

    [Theory]
    [InlineData("a,label\n1,0\n", "3 columns", "found 2")]
    [InlineData("label,a,b\n0,1,2\n", "the label here", "column 1")]
    [InlineData("1,2,0\n", "the label here", "column 3")]
    [InlineData("a,label,c\n1,0,2\n", "column 'b'", "'c'")]
    public void Refuses_two_files_of_different_columns(string test, params string[] parts)
    {
        _folder.Write("test.csv", test);
        _folder.AssertRefused("csv", [_folder.At("test.csv"), "line 1", .. parts]);
    }

    [Theory]
    [InlineData("0,1,2\n3,4,1\n", "5,6,1\n", "train.csv")]
    [InlineData("2019,2020,2021\n3,4,1\n", "5,6,1\n", "train.csv")]
    [InlineData("5,6,1\n", "0,1,2\n3,4,1\n", "test.csv")]
    [InlineData("10,20,7\n3,4,1\n", "10,20,7\n5,6,1\n", "train.csv")]
    public void Numbers_that_may_name_the_columns_are_refused_until_the_job_says_what_they_are(string train, string test, string file)
    {
        _folder.Write("train.csv", train);
        _folder.Write("test.csv", test);
        _folder.AssertRefused("csv", _folder.At(file), "line 1", "may be either", "dataset.header", "first-line", "none");
        var recipe = new DatasetRecipe("csv", _folder.Path, null, null);
        Assert.NotEqual(0, DatasetReader.Read(recipe with { Header = "none" }).Train.Count);
    }

    [Theory]
    [InlineData("7,7,0\n3,4,1\n")]
    [InlineData("0.5,1,0\n3,4,1\n")]
    [InlineData("3,2,0\n3,4,1\n")]
    [InlineData("0,1\n3,1\n")]
    public void Numbers_that_name_nothing_are_an_example(string train)
    {
        _folder.Write("train.csv", train);
        _folder.Write("test.csv", train.Split('\n')[1]);
        Assert.Equal(2, _folder.Read("csv").Train.Count);
    }

    [Fact]
    public void The_job_says_what_the_first_line_is()
    {
        _folder.Write("train.csv", "0,1,2\n3,4,1\n5,6,0\n");
        _folder.Write("test.csv", "0,1,2\n7,8,1\n");
        var recipe = new DatasetRecipe("csv", _folder.Path, null, null);
        var named = DatasetReader.Read(recipe with { Header = "first-line" });
        Assert.Equal((2, 1, 2), (named.Train.Count, named.Test.Count, named.Train.Classes));
        Assert.Equal(["0", "1", "2"], named.Columns!.Names);
        var all = DatasetReader.Read(recipe with { Header = "none" });
        Assert.Equal((3, 2, 3), (all.Train.Count, all.Test.Count, all.Train.Classes));
        Assert.Null(all.Columns!.Names);
    }

    [Theory]
    [InlineData("kind,x,y\n1,2.5,3\n0,4,5\n", "kind,x,y\n1,6,7\n", "kind", "column 1 ('kind')")]
    [InlineData("kind,x,y\n1,2.5,3\n0,4,5\n", "kind,x,y\n1,6,7\n", "Kind", "column 1 ('kind')")]
    [InlineData("1,2.5,3\n0,4,5\n", "1,6,7\n", "1", "column 1")]
    [InlineData("kind,2019,2020\n1,2.5,3\n0,4,5\n", "kind,2019,2020\n1,6,7\n", "kind", "column 1 ('kind')")]
    public void The_job_says_which_column_is_the_label(string train, string test, string label, string column)
    {
        _folder.Write("train.csv", train);
        _folder.Write("test.csv", test);
        var data = DatasetReader.Read(new DatasetRecipe("csv", _folder.Path, null, null) { Label = label });
        Assert.Equal((1, 0, 2), (data.Train.Label(0), data.Train.Label(1), data.Train.Classes));
        var features = new float[2];
        data.Train.CopyFeatures(0, features);
        Assert.Equal([2.5f, 3], features);
        Assert.Equal(column, data.Columns!.Describe(data.Columns.Label));
    }

    [Theory]
    [InlineData("a,b,c\n1,2,0\n", "d", "'d'", "found a, b, c", "dataset.label")]
    [InlineData("a,b,c\n1,2,0\n", "1", "'1'", "found a, b, c")]
    [InlineData("1,2,0\n", "4", "'4'", "no header", "from 1 to 3")]
    [InlineData("1,2,0\n", "0", "'0'", "no header", "from 1 to 3")]
    [InlineData("1,2,0\n", "class", "'class'", "no header", "dataset.header")]
    public void A_label_that_is_not_there_is_refused(string train, string label, params string[] parts)
    {
        _folder.Write("train.csv", train);
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(new DatasetRecipe("csv", _folder.Path, null, null) { Label = label })).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_all_missing_files_at_once()
    {
        File.Delete(_folder.At("train.csv"));
        File.Delete(_folder.At("test.csv"));
        _folder.AssertRefused("csv", _folder.Path, "lacks train.csv, test.csv");
    }
}
