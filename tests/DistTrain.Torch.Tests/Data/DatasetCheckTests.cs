using System.Globalization;
using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Torch.Tests.Data;

[Trait("Kind", "Fast")]
public sealed class DatasetCheckTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_class_in_the_first_column_is_warned_of_where_the_last_makes_many_classes()
    {
        var warnings = Warnings("", row => $"{row % 3},{row * 0.5},{row * 7 % 1198}");
        Assert.Contains(warnings, w => w.Contains("different classes", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("column 3, the last; if column 1 is the class, set dataset.label to 1", StringComparison.Ordinal));
    }

    [Fact]
    public void A_column_that_is_named_as_a_class_is_warned_of() =>
        Assert.Contains("if column 1 ('class') is the class, set dataset.label to class", Assert.Single(Warnings("class,x,y", row => $"{row % 3},{row * 0.5},{row % 2}")), StringComparison.Ordinal);

    [Fact]
    public void A_column_that_counts_the_rows_is_warned_of() =>
        Assert.StartsWith("column 1 ('') counts the rows", Assert.Single(Warnings(",x,label", row => $"{row},{row * 0.5},{row % 2}")), StringComparison.Ordinal);

    [Theory]
    [InlineData("there is nothing to tell apart", 0, 0)]
    [InlineData("labels go to 99", 0, 99)]
    public void Classes_that_are_none_are_warned_of(string warning, int even, int odd) =>
        Assert.Contains(Warnings("x,label", row => $"{row * 0.5},{(row % 2 == 0 ? even : odd)}"), w => w.Contains(warning, StringComparison.Ordinal));

    [Fact]
    public void A_class_that_is_only_tested_is_warned_of()
    {
        Write("x,label", row => $"{row * 0.5},{row % 2}");
        _folder.Write("test.csv", "x,label\n1,2\n");
        Assert.Contains("without a training example: 2", Assert.Single(DatasetCheck.Warnings(_folder.Read("csv"), Recipe)), StringComparison.Ordinal);
    }

    [Fact]
    public void Large_features_are_warned_of_unless_they_are_normalized()
    {
        var warnings = Warnings("x,label", row => $"{row}e9,{row % 2}");
        Assert.Contains("5.9e+10", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Empty(DatasetCheck.Warnings(_folder.Read("csv"), Recipe with { Normalize = "feature" }));
    }

    [Fact]
    public void An_ordinary_table_has_no_warnings() => Assert.Empty(Warnings("x,y,label", row => $"{row * 0.5},{row % 7},{row % 2}"));

    [Fact]
    public void Digits_have_no_warnings() => Assert.Empty(DatasetCheck.Warnings(DatasetReader.Read(new DatasetRecipe("digits", null, 64, 64)), new DatasetRecipe("digits", null, 64, 64)));

    [Theory]
    [InlineData("1e20", "feature", true)]
    [InlineData("1e20", "channel", true)]
    [InlineData("1e20", "none", false)]
    [InlineData("1e17", "feature", false)]
    public void A_variance_past_float32_is_a_problem_that_names_the_column(string unit, string normalize, bool isOne)
    {
        Write("a,b,label", row => $"{row * 0.5},{(row % 2) * double.Parse(unit, CultureInfo.InvariantCulture):R},{row % 2}");
        var problem = DatasetCheck.Problem(_folder.Read("csv"), Recipe with { Normalize = normalize });
        Assert.Equal(isOne, problem is not null);
        if (isOne)
            Assert.All([_folder.Path, "column 2 ('b')", "2.5e+39", "3.4e+38", "Divide"], part => Assert.Contains(part, problem!, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(1000, "the label is about 1.1e+4 in size")]
    [InlineData(0, "all training examples have the label 0")]
    public void Numbers_that_hardly_train_are_warned_of(int unit, string? warning)
    {
        Write("x,label", row => $"{row * 0.5},{row % 20 * unit}");
        var regression = Recipe with { Regression = new RegressionRecipe(RegressionLosses.Squared, 1) };
        var warnings = DatasetCheck.Warnings(DatasetReader.Read(regression), regression);
        if (warning is null)
            Assert.Empty(warnings);
        else
            Assert.Contains(warnings, w => w.StartsWith(warning, StringComparison.Ordinal));
    }

    private DatasetRecipe Recipe => new("csv", _folder.Path, null, null);

    private IReadOnlyList<string> Warnings(string header, Func<int, string> row)
    {
        Write(header, row);
        return DatasetCheck.Warnings(_folder.Read("csv"), Recipe);
    }

    private void Write(string header, Func<int, string> row)
    {
        var rows = Enumerable.Range(0, 60).Select(r => row(r).ToString(CultureInfo.InvariantCulture));
        var lines = header.Length == 0 ? rows : rows.Prepend(header);
        _folder.Write("train.csv", string.Join('\n', lines));
        _folder.Write("test.csv", (header.Length == 0 ? "" : header + "\n") + row(1));
    }
}
