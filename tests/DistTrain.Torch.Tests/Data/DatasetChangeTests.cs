using System.Security.Cryptography;
using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Torch.Tests.Data;

/// <summary>Files that are no longer what was read.</summary>
[Trait("Kind", "Fast")]
public sealed class DatasetChangeTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public DatasetChangeTests()
    {
        _folder.Write("train.csv", "x,label\n1.5,0\n2,1\n");
        _folder.Write("test.csv", "x,label\n1,1\n");
    }

    public void Dispose() => _folder.Dispose();

    private DatasetRecipe Recipe => new("csv", _folder.Path, null, null);

    [Fact]
    public void The_digest_of_a_file_is_that_of_all_its_bytes()
    {
        var files = DatasetReader.Read(Recipe).Files;
        Assert.Equal(2, files.Count);
        Assert.All(files, file => Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder.At(file.Key)))), file.Value));
        Assert.True(DatasetChange.IsNone(Recipe, files));
    }

    [Fact]
    public void Of_a_packed_file_too()
    {
        _folder.WriteGzip("train-images-idx3-ubyte.gz", DataFolder.Idx(0x803, [2, 1, 1], [7, 8]));
        _folder.WriteGzip("train-labels-idx1-ubyte.gz", DataFolder.Idx(0x801, [2], [0, 1]));
        _folder.Write("t10k-images-idx3-ubyte", DataFolder.Idx(0x803, [1, 1, 1], [7]));
        _folder.Write("t10k-labels-idx1-ubyte", DataFolder.Idx(0x801, [1], [1]));
        var recipe = new DatasetRecipe("mnist", _folder.Path, null, null);
        var files = DatasetReader.Read(recipe).Files;
        Assert.Equal(4, files.Count);
        Assert.True(DatasetChange.IsNone(recipe, files));

        // Plain files come before packed ones.
        _folder.Write("train-labels-idx1-ubyte", DataFolder.Idx(0x801, [2], [1, 0]));
        File.Delete(_folder.At("train-labels-idx1-ubyte.gz"));
        Assert.False(DatasetChange.IsNone(recipe, files));
    }

    [Fact]
    public void A_change_that_keeps_length_and_time_is_found_and_names_the_file()
    {
        var before = DatasetReader.Read(Recipe);
        var time = File.GetLastWriteTimeUtc(_folder.At("train.csv"));
        _folder.Write("train.csv", "x,label\n1.6,0\n2,1\n");
        File.SetLastWriteTimeUtc(_folder.At("train.csv"), time);

        Assert.False(DatasetChange.IsNone(Recipe, before.Files));
        var told = DatasetChange.Describe(Recipe, before.Files, before.Fingerprint, DatasetReader.Read(Recipe).Fingerprint);
        Assert.Contains(_folder.At("train.csv"), told, StringComparison.Ordinal);
        Assert.DoesNotContain("test.csv", told, StringComparison.Ordinal);
        Assert.Contains("train anew", told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_gone_is_named()
    {
        var files = DatasetReader.Read(Recipe).Files;
        File.Delete(_folder.At("test.csv"));
        Assert.Contains($"{_folder.At("test.csv")} can't be read any more", DatasetChange.Describe(Recipe, files, "before", "now"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_files_read_otherwise_say_so() =>
        Assert.Contains("they are read otherwise", DatasetChange.Describe(Recipe, DatasetReader.Read(Recipe).Files, "before", "now"), StringComparison.Ordinal);
}
