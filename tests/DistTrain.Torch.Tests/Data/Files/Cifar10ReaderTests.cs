using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Torch.Tests.Data.Files;

[Trait("Kind", "Fast")]
public sealed class Cifar10ReaderTests : IDisposable
{
    private const int RecordLength = 3073;
    private readonly DataFolder _folder = new();

    public Cifar10ReaderTests()
    {
        _folder.Write("data_batch_2.bin", Records(3, 4));
        _folder.Write("data_batch_5.bin", Records(9));
        _folder.Write("test_batch.bin", Records(1, 0));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_the_batches_that_are_there_in_order()
    {
        var data = _folder.Read("cifar10");
        Assert.Equal([3, 32, 32], data.Train.Shape);
        Assert.Equal([3, 4, 9], Enumerable.Range(0, 3).Select(data.Train.Label));
        Assert.Equal((3, 2, 10), (data.Train.Count, data.Test.Count, data.Train.Classes));
        var features = new float[3072];
        data.Train.CopyFeatures(2, features);
        Assert.Equal([9 / 255f, 10 / 255f, 11 / 255f], features[..3]);
    }

    [Fact]
    public void The_parent_of_the_archive_folder_will_do()
    {
        using var parent = new DataFolder();
        Directory.CreateDirectory(parent.At("cifar-10-batches-bin"));
        foreach (var file in Directory.GetFiles(_folder.Path))
            File.Copy(file, Path.Combine(parent.At("cifar-10-batches-bin"), Path.GetFileName(file)));
        Assert.Equal(_folder.Read("cifar10").Fingerprint, parent.Read("cifar10").Fingerprint);
    }

    [Fact]
    public void Caps_both_sets()
    {
        var data = DatasetReader.Read(new DatasetRecipe("cifar10", _folder.Path, 2, 1));
        Assert.Equal((2, 1), (data.Train.Count, data.Test.Count));
    }

    [Fact]
    public void Names_all_missing_files_at_once()
    {
        foreach (var file in Directory.GetFiles(_folder.Path))
            File.Delete(file);
        _folder.AssertRefused("cifar10", _folder.Path, "lacks data_batch_1.bin", "at least one", "test_batch.bin");
    }

    [Theory]
    [InlineData(0, "byte 0")]
    [InlineData(1, "byte 0")]
    [InlineData(RecordLength - 1, "byte 0")]
    [InlineData(RecordLength + 1, "byte 3073")]
    public void Refuses_a_file_that_is_no_run_of_records(int length, string place)
    {
        _folder.Write("data_batch_2.bin", Records(3, 4)[..length]);
        _folder.AssertRefused("cifar10", "data_batch_2.bin, " + place, "records of 3073 bytes");
    }

    [Fact]
    public void Refuses_a_label_out_of_range()
    {
        _folder.Write("test_batch.bin", Records(1, 10));
        _folder.AssertRefused("cifar10", "test_batch.bin, byte 3073", "from 0 to 9", "found 10");
    }

    // Pixel p of a record with label l is l + p, modulo 256.
    private static byte[] Records(params byte[] labels) =>
        [.. labels.SelectMany(label => Enumerable.Range(0, RecordLength).Select(i => i == 0 ? label : (byte)(label + i - 1)))];
}
