using System.Buffers.Binary;
using System.IO.Compression;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data;

/// <summary>A folder of data files for one test, deleted with it.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Path => _folder.Path;

    public string At(string name) => _folder[name];

    public void Write(string name, byte[] content) => File.WriteAllBytes(At(name), content);

    public void Write(string name, string content) => File.WriteAllText(At(name), content);

    public void WriteGzip(string name, byte[] content) => Write(name, Gzip(content));

    public Dataset Read(string dataset, int? train = null, int? test = null) => DatasetReader.Read(new DatasetRecipe(dataset, Path, train, test));

    /// <summary>Reads, expecting a refusal whose message holds all of these.</summary>
    public void AssertRefused(string dataset, params string[] parts)
    {
        var message = Assert.Throws<DatasetException>(() => Read(dataset)).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.EndsWith(".", message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>An IDX file: magic number, sizes, values.</summary>
    public static byte[] Idx(int magic, int[] sizes, byte[] values)
    {
        var content = new byte[4 + (4 * sizes.Length) + values.Length];
        BinaryPrimitives.WriteInt32BigEndian(content, magic);
        for (var i = 0; i < sizes.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(4 + (4 * i)), sizes[i]);
        values.CopyTo(content, 4 + (4 * sizes.Length));
        return content;
    }
}
