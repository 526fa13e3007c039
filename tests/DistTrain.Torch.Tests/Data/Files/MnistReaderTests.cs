using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Files;

[Trait("Kind", "Fast")]
public sealed class MnistReaderTests : IDisposable
{
    private const int ImagesMagic = 0x803;
    private const int LabelsMagic = 0x801;
    private static readonly byte[] TwoImages = [.. Enumerable.Range(0, 12).Select(i => (byte)(i * 20))];
    private readonly DataFolder _folder = new();

    public MnistReaderTests()
    {
        _folder.Write("train-images-idx3-ubyte", DataFolder.Idx(ImagesMagic, [2, 2, 3], TwoImages));
        _folder.Write("train-labels-idx1-ubyte", DataFolder.Idx(LabelsMagic, [2], [7, 0]));
        _folder.WriteGzip("t10k-images-idx3-ubyte.gz", DataFolder.Idx(ImagesMagic, [1, 2, 3], TwoImages[..6]));
        _folder.WriteGzip("t10k-labels-idx1-ubyte.gz", DataFolder.Idx(LabelsMagic, [1], [9]));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_plain_and_packed_files()
    {
        var data = _folder.Read("mnist");
        Assert.Equal([1, 2, 3], data.Train.Shape);
        Assert.Equal((2, 1, 10), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal((7, 0, 9), (data.Train.Label(0), data.Train.Label(1), data.Test.Label(0)));
        var features = new float[6];
        data.Train.CopyFeatures(1, features);
        Assert.Equal([120 / 255f, 140 / 255f, 160 / 255f, 180 / 255f, 200 / 255f, 220 / 255f], features);
    }

    [Fact]
    public void Reads_names_with_a_dot_and_the_fingerprint_ignores_packing()
    {
        var before = _folder.Read("mnist").Fingerprint;
        File.Move(_folder.At("t10k-images-idx3-ubyte.gz"), _folder.At("t10k-images.idx3-ubyte.gz"));
        _folder.WriteGzip("train-images.idx3-ubyte.gz", File.ReadAllBytes(_folder.At("train-images-idx3-ubyte")));
        File.Delete(_folder.At("train-images-idx3-ubyte"));
        Assert.Equal(before, _folder.Read("mnist").Fingerprint);
    }

    [Fact]
    public void Caps_both_sets() => Assert.Equal((1, 1), (_folder.Read("mnist", train: 1, test: 5).Train.Count, _folder.Read("mnist", train: 1, test: 5).Test.Count));

    [Fact]
    public void Names_all_missing_files_at_once()
    {
        File.Delete(_folder.At("train-images-idx3-ubyte"));
        File.Delete(_folder.At("t10k-labels-idx1-ubyte.gz"));
        _folder.AssertRefused("mnist", _folder.Path, "lacks train-images-idx3-ubyte, t10k-labels-idx1-ubyte");
    }

    [Fact]
    public void Refuses_a_wrong_magic_number()
    {
        _folder.Write("train-images-idx3-ubyte", DataFolder.Idx(0x804, [2, 2, 3], TwoImages));
        _folder.AssertRefused("mnist", "train-images-idx3-ubyte, byte 0", "0x00000803", "0x00000804");
    }

    [Theory]
    [InlineData(4, 0, "byte 4", "at least 1")]
    [InlineData(8, -2, "byte 8", "at least 1")]
    [InlineData(12, 4, "byte 12", "2 × 2 × 4")]
    [InlineData(4, int.MaxValue, "byte 4", "2147483647 × 2 × 3")]
    [InlineData(12, int.MaxValue, "byte 12", "2 × 2 × 2147483647")]
    public void Refuses_sizes_that_cannot_be_before_allocating(int offset, int size, params string[] parts)
    {
        var content = DataFolder.Idx(ImagesMagic, [2, 2, 3], TwoImages);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(offset), size);
        _folder.Write("train-images-idx3-ubyte", content);
        _folder.AssertRefused("mnist", parts);
    }

    [Fact]
    public void Refuses_a_packed_header_that_promises_more_than_gzip_can_hold()
    {
        _folder.WriteGzip("t10k-images-idx3-ubyte.gz", DataFolder.Idx(ImagesMagic, [2_000_000, 28, 28], TwoImages));
        _folder.AssertRefused("mnist", "t10k-images-idx3-ubyte.gz, byte 4 of the unpacked content", "2000000 × 28 × 28");
    }

    [Fact]
    public void Refuses_trailing_bytes()
    {
        _folder.Write("train-labels-idx1-ubyte", DataFolder.Idx(LabelsMagic, [2], [7, 0, 1]));
        _folder.AssertRefused("mnist", "train-labels-idx1-ubyte, byte 10", "the end of the file", "more bytes");
    }

    [Fact]
    public void Refuses_a_label_out_of_range()
    {
        _folder.Write("train-labels-idx1-ubyte", DataFolder.Idx(LabelsMagic, [2], [7, 10]));
        _folder.AssertRefused("mnist", "train-labels-idx1-ubyte, byte 9", "from 0 to 9", "found 10");
    }

    [Fact]
    public void Refuses_counts_that_differ()
    {
        _folder.Write("train-labels-idx1-ubyte", DataFolder.Idx(LabelsMagic, [1], [7]));
        _folder.AssertRefused("mnist", "train-labels-idx1-ubyte, byte 4", "2 labels", "train-images-idx3-ubyte", "found 1");
    }

    [Fact]
    public void Refuses_test_images_of_another_size()
    {
        _folder.WriteGzip("t10k-images-idx3-ubyte.gz", DataFolder.Idx(ImagesMagic, [1, 3, 2], TwoImages[..6]));
        _folder.AssertRefused("mnist", "t10k-images-idx3-ubyte.gz, byte 8", "2 × 3", "3 × 2");
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte")]
    [InlineData("train-labels-idx1-ubyte")]
    public void Refuses_a_plain_file_cut_anywhere(string name)
    {
        var whole = File.ReadAllBytes(_folder.At(name));
        for (var length = 0; length < whole.Length; length++)
        {
            _folder.Write(name, whole[..length]);
            _folder.AssertRefused("mnist", _folder.At(name) + ", byte ");
        }
    }

    /// <summary>.NET does not miss an end mark and checksum that are cut off behind data that is whole.</summary>
    [Theory]
    [InlineData("t10k-images-idx3-ubyte.gz")]
    [InlineData("t10k-labels-idx1-ubyte.gz")]
    public void A_packed_file_cut_anywhere_is_refused_or_lost_no_data(string name)
    {
        var sound = _folder.Read("mnist").Fingerprint;
        var whole = File.ReadAllBytes(_folder.At(name));
        for (var length = 0; length < whole.Length; length++)
        {
            _folder.Write(name, whole[..length]);
            var refusal = Record.Exception(() => Assert.Equal(sound, _folder.Read("mnist").Fingerprint));
            if (refusal is not null)
                Assert.Contains(_folder.At(name) + ", byte ", Assert.IsType<DatasetException>(refusal).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Refuses_bad_gzip()
    {
        _folder.Write("t10k-images-idx3-ubyte.gz", DataFolder.Idx(ImagesMagic, [1, 2, 3], TwoImages[..6]));
        _folder.AssertRefused("mnist", "t10k-images-idx3-ubyte.gz, byte 0", "gzip data");
    }

    [Fact]
    public void Refuses_gzip_with_a_wrong_checksum()
    {
        var packed = File.ReadAllBytes(_folder.At("t10k-images-idx3-ubyte.gz"));
        packed[^8] ^= 1;
        _folder.Write("t10k-images-idx3-ubyte.gz", packed);
        _folder.AssertRefused("mnist", "t10k-images-idx3-ubyte.gz", "gzip data");
    }

    [Fact]
    public void The_real_set_has_its_known_moments()
    {
        var data = DatasetReader.Read(new DatasetRecipe("mnist", SharedData.Folder("mnist"), null, null));
        Assert.Equal((60_000, 10_000), (data.Train.Count, data.Test.Count));
        Assert.Equal([5, 0, 4, 1, 9], Enumerable.Range(0, 5).Select(data.Train.Label));
        Assert.Equal([1, 28, 28], data.Train.Shape);

        double sum = 0, squares = 0;
        var features = new float[data.Train.Features];
        for (var i = 0; i < data.Train.Count; i++)
        {
            data.Train.CopyFeatures(i, features);
            foreach (var value in features)
            {
                sum += value;
                squares += value * value;
            }
        }

        var mean = sum / (60_000.0 * 784);
        Assert.Equal(0.1307, mean, 1e-4);
        Assert.Equal(0.3081, Math.Sqrt((squares / (60_000.0 * 784)) - (mean * mean)), 1e-4);
    }
}
