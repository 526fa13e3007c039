using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data;

[Trait("Kind", "Fast")]
public sealed class DatasetReaderTests
{
    [Fact]
    public void An_unknown_name_is_refused_with_the_known_ones()
    {
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(new DatasetRecipe("imagenet", "/data", null, null))).Message;
        Assert.All(DatasetNames.All, name => Assert.Contains(name, message, StringComparison.Ordinal));
        Assert.Contains("'imagenet'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_known_name_is_read_or_asks_for_its_folder()
    {
        foreach (var name in DatasetNames.All.Where(name => name != "digits"))
        {
            var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(new DatasetRecipe(name, null, null, null))).Message;
            Assert.Contains("dataset.path", message, StringComparison.Ordinal);
        }

        Assert.Equal(10, DatasetReader.Read(new DatasetRecipe("digits", null, 10, 10)).Train.Count);
    }

    [Theory]
    [InlineData(0, 10, "dataset.trainExamples")]
    [InlineData(10, -1, "dataset.testExamples")]
    [InlineData(int.MaxValue, 10, "dataset.trainExamples")]
    public void Sizes_that_cannot_be_are_refused(int train, int test, string key)
    {
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(new DatasetRecipe("digits", null, train, test))).Message;
        Assert.StartsWith(key, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mnist", "train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")]
    [InlineData("cifar10", "data_batch_1.bin", "test_batch.bin")]
    [InlineData("csv", "train.csv", "test.csv")]
    public void A_missing_folder_is_named_with_all_it_should_hold(string name, string first, string last)
    {
        using var folder = new DataFolder();
        var path = folder.At("nowhere");
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(new DatasetRecipe(name, path, null, null))).Message;
        Assert.All([path, "does not exist", first, last], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
