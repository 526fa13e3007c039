using System.Buffers.Binary;
using System.IO.Compression;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// One binary file, plain or gzip by its name, read from front to back. Whatever goes wrong becomes a
/// <see cref="DatasetException"/> that names the offset in the (unpacked) content.
/// </summary>
internal sealed class DataFile : IDisposable
{
    // Deflate packs at most 258 bytes into two bits: no gzip file holds more than this many times its own length.
    private const int GreatestGzipRatio = 1032;

    private readonly Stream _content;
    private readonly bool _packed;

    private DataFile(string path, Stream content, bool packed, long capacity) =>
        (Path, _content, _packed, Capacity) = (path, content, packed, capacity);

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>Bytes of content read so far.</summary>
    public long Offset { get; private set; }

    /// <summary>The content is no longer than this many bytes: exact for a plain file, a bound for gzip. No header is trusted past it.</summary>
    public long Capacity { get; }

    /// <summary>The path of the first name that exists in the folder, as it is or with <c>.gz</c>; null when none does.</summary>
    public static string? Find(string folder, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var plain = System.IO.Path.Combine(folder, name);
            if (File.Exists(plain))
                return plain;
            if (File.Exists(plain + ".gz"))
                return plain + ".gz";
        }

        return null;
    }

    /// <exception cref="DatasetException">The file cannot be opened.</exception>
    public static DataFile Open(string path, DatasetFiles files)
    {
        try
        {
            var file = files.Open(path);
            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new DataFile(path, new GZipStream(file, CompressionMode.Decompress), packed: true, capacity: file.Length * GreatestGzipRatio)
                : new DataFile(path, file, packed: false, capacity: file.Length);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw DatasetException.At(path, "byte 0", "a readable file", cause.Message, "Check the file and its permissions.", cause);
        }
    }

    /// <summary>Fills the destination with the next bytes.</summary>
    /// <param name="destination">As many bytes as are wanted.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="DatasetException">The content ends before, or cannot be unpacked.</exception>
    public void Read(Span<byte> destination, string what)
    {
        var start = Offset;
        if (ReadUpTo(destination) < destination.Length)
            throw Fault(start, $"{destination.Length} bytes of {what}", $"the end of the content after {Offset - start}", "The file is truncated: replace it with a fresh copy.");
    }

    /// <summary>The next four bytes as a big-endian number.</summary>
    /// <exception cref="DatasetException">As for <see cref="Read"/>.</exception>
    public int ReadInt32(string what)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Read(bytes, what);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    /// <summary>Asserts that nothing follows.</summary>
    /// <param name="content">What the file held so far, for the message.</param>
    /// <exception cref="DatasetException">More bytes follow, or gzip's checksum is wrong.</exception>
    public void ReadEnd(string content)
    {
        var start = Offset;
        if (ReadUpTo(stackalloc byte[1]) > 0)
            throw Fault(start, $"the end of the file after {content}", "more bytes", "The header or the file is damaged: replace it with a fresh copy.");
    }

    /// <summary>An exception that names this file and a place in its content.</summary>
    public DatasetException Fault(long offset, string expected, string found, string remedy, Exception? cause = null) =>
        DatasetException.At(Path, _packed ? $"byte {offset} of the unpacked content" : $"byte {offset}", expected, found, remedy, cause);

    public void Dispose() => _content.Dispose();

    private int ReadUpTo(Span<byte> destination)
    {
        try
        {
            var count = _content.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
            Offset += count;
            return count;
        }
        catch (Exception cause) when (cause is InvalidDataException or IOException)
        {
            throw Fault(Offset, _packed ? "gzip data" : "readable bytes", cause.Message, "The file is damaged: replace it with a fresh copy.", cause);
        }
    }
}
