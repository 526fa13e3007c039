using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data;

[Trait("Kind", "Fast")]
public sealed class DatasetTests
{
    private static ExampleSet Pixels(byte last = 4, int label = 1, int classes = 2, int[]? shape = null) =>
        ExampleSet.OfPixels(shape ?? [1, 2], classes, [1, 2, 3, last], [0, label]);

    [Fact]
    public void Equal_contents_have_equal_fingerprints()
    {
        Assert.Equal(Dataset.Of(Pixels(), Pixels()).Fingerprint, Dataset.Of(Pixels(), Pixels()).Fingerprint);
        Assert.Matches("^[0-9a-f]{64}$", Dataset.Of(Pixels(), Pixels()).Fingerprint);
    }

    [Fact]
    public void Any_difference_changes_the_fingerprint()
    {
        string[] fingerprints =
        [
            Dataset.Of(Pixels(), Pixels()).Fingerprint,
            Dataset.Of(Pixels(last: 5), Pixels()).Fingerprint,
            Dataset.Of(Pixels(), Pixels(last: 5)).Fingerprint,
            Dataset.Of(Pixels(label: 0), Pixels()).Fingerprint,
            Dataset.Of(Pixels(classes: 3), Pixels(classes: 3)).Fingerprint,
            Dataset.Of(Pixels(shape: [2, 1]), Pixels(shape: [2, 1])).Fingerprint,
            Dataset.Of(Pixels().First(1), Pixels()).Fingerprint,
            Dataset.Of(Values(4), Values(4)).Fingerprint,
            Dataset.Of(Values(5), Values(4)).Fingerprint,
        ];
        Assert.Distinct(fingerprints);

        static ExampleSet Values(float last) => ExampleSet.OfValues([1, 2], classes: 2, [1, 2, 3, last], [0, 1]);
    }

    /// <summary>Silos of other releases must agree: the digest of the documented order, computed apart in Python.</summary>
    [Fact]
    public void The_fingerprint_of_known_contents_is_known() =>
        Assert.Equal("3469d3ce085523253d8d78a121d46e038b0100d33083e4d10ddc169e7367c44b", Dataset.Of(Pixels(), Pixels(last: 5)).Fingerprint);

    [Fact]
    public void Sets_of_different_shape_or_classes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Dataset.Of(Pixels(), Pixels(shape: [2, 1])));
        Assert.Throws<ArgumentException>(() => Dataset.Of(Pixels(), Pixels(classes: 3)));
    }

    [Theory]
    [InlineData(0.25, 15)]
    [InlineData(7, 7)]
    public void What_is_set_apart_is_no_longer_trained_on_and_the_test_set_and_the_fingerprint_stay(double amount, int apart)
    {
        var whole = DatasetReader.Read(new DatasetRecipe("digits", null, 60, 20));
        var split = DatasetReader.Read(new DatasetRecipe("digits", null, 60, 20) { Validation = new ValidationRecipe(amount, Seed: 3) });
        Assert.Equal((60 - apart, apart, 20), (split.Train.Count, split.Validation!.Count, split.Test.Count));
        Assert.Equal(whole.Fingerprint, split.Fingerprint);
        Assert.Equal(Rows(whole.Train).Order(), Rows(split.Train).Concat(Rows(split.Validation)).Order());
        Assert.Equal(Rows(whole.Test), Rows(split.Test));

        var again = whole.With(new ValidationRecipe(amount, Seed: 3));
        var other = whole.With(new ValidationRecipe(amount, Seed: 4));
        Assert.Equal(Rows(split.Validation), Rows(again.Validation!));
        Assert.NotEqual(Rows(split.Validation), Rows(other.Validation!));
    }

    /// <summary>Rows of a table are numbers and not bytes.</summary>
    [Fact]
    public void Rows_of_a_table_are_set_apart_with_their_labels()
    {
        var rows = ExampleSet.OfValues([2], classes: 3, [0, 1, 2, 3, 4, 5], [0, 1, 2]);
        Assert.Equal(["4 5 → 2", "0 1 → 0"], Rows(rows.Only([2, 0])));
    }

    [Theory]
    [InlineData(0.001, "0 of 60 training examples apart, which leaves none to validate with")]
    [InlineData(0.999, "60 of 60 training examples apart, which leaves none to train on")]
    [InlineData(60, "60 of 60 training examples apart, which leaves none to train on")]
    public void A_split_that_leaves_nothing_on_one_side_is_refused(double amount, string why)
    {
        var recipe = new DatasetRecipe("digits", null, 60, 20) { Validation = new ValidationRecipe(amount, Seed: 3) };
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(recipe)).Message;
        Assert.StartsWith("dataset.validation: ", message, StringComparison.Ordinal);
        Assert.Contains(why, message, StringComparison.Ordinal);
    }

    private static List<string> Rows(ExampleSet set) => [.. Enumerable.Range(0, set.Count).Select(index =>
    {
        var row = new float[set.Features];
        set.CopyFeatures(index, row);
        return $"{string.Join(' ', row)} → {set.Label(index)}";
    })];
}
