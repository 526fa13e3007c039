using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace DistTrain.Optimization.Parameters;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Type">Element type as the format names it: F32, I64, …</param>
/// <param name="Shape">Row-major; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the end of the header.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafeTensor(string Name, string Type, IReadOnlyList<long> Shape, long Offset, long Length);

/// <summary>
/// The strict parser of a file's header: bounded, no name twice, every element type known, dtype × shape = range, and the
/// ranges cover the data exactly once, so that no byte of the file is unaccounted for.
/// </summary>
internal sealed record SafeTensorsHeader(IReadOnlyList<SafeTensor> Tensors, IReadOnlyDictionary<string, string> Metadata, long DataStart)
{
    /// <summary>The format's own limit, bytes.</summary>
    public const long LengthLimit = 100_000_000;

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    private static readonly Dictionary<string, int> _bytes = new(StringComparer.Ordinal)
    {
        ["BOOL"] = 1,
        ["U8"] = 1,
        ["I8"] = 1,
        ["F8_E4M3"] = 1,
        ["F8_E5M2"] = 1,
        ["U16"] = 2,
        ["I16"] = 2,
        ["F16"] = 2,
        ["BF16"] = 2,
        ["U32"] = 4,
        ["I32"] = 4,
        ["F32"] = 4,
        ["U64"] = 8,
        ["I64"] = 8,
        ["F64"] = 8,
        ["C64"] = 8,
    };

    /// <summary>Reads and checks the header; the stream ends up behind it.</summary>
    /// <exception cref="SafeTensorsException">Anything is not as the format has it.</exception>
    public static SafeTensorsHeader Read(Stream stream, string file)
    {
        var total = stream.Length;
        if (total < 8)
            throw new SafeTensorsException(file, 0, $"a header length of 8 bytes is expected, the file has {total}");
        Span<byte> prefix = stackalloc byte[8];
        stream.Position = 0;
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LengthLimit)
            throw new SafeTensorsException(file, 0, $"a header of at most {LengthLimit} bytes is expected, found {length}: not a safetensors file?");
        if (length > (ulong)(total - 8))
            throw new SafeTensorsException(file, 0, $"a header of {length} bytes is announced, {total - 8} follow: the file is cut");

        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        if (bytes.Length == 0 || bytes[0] != '{' || !Utf8.IsValid(bytes))
            throw new SafeTensorsException(file, 8, "a JSON object in UTF-8 is expected");
        try
        {
            using var json = JsonDocument.Parse(bytes, _strict);
            return Parse(json.RootElement, file, 8 + bytes.Length, total);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new SafeTensorsException(file, 8 + ((e as JsonException)?.BytePositionInLine ?? 0), $"the header is not the JSON expected: {e.Message}", e);
        }
    }

    private static SafeTensorsHeader Parse(JsonElement root, string file, long dataStart, long total)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var tensors = new List<SafeTensor>();
        foreach (var entry in root.EnumerateObject())
        {
            if (entry.NameEquals(SafeTensorsWriter.MetadataKey))
            {
                foreach (var item in entry.Value.EnumerateObject())
                    metadata.Add(item.Name, item.Value.GetString() ?? throw new SafeTensorsException(file, 8, $"metadata '{item.Name}' is null, a text is expected"));
            }
            else
            {
                tensors.Add(ParseTensor(entry, file));
            }
        }

        tensors.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length.CompareTo(b.Length));
        var end = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset != end)
                throw new SafeTensorsException(file, dataStart + Math.Min(end, tensor.Offset), $"tensor '{tensor.Name}' begins at {tensor.Offset} of the data, the one before ends at {end}: {(tensor.Offset < end ? "they overlap" : "there is a hole")}");
            end += tensor.Length;
        }

        return end == total - dataStart
            ? new SafeTensorsHeader(tensors, metadata, dataStart)
            : throw new SafeTensorsException(file, total, $"{end} bytes of tensors are announced, {total - dataStart} follow the header: the file is {(end > total - dataStart ? "cut" : "longer than its tensors")}");
    }

    private static SafeTensor ParseTensor(JsonProperty entry, string file)
    {
        var name = entry.Name;
        var json = entry.Value;
        SafeTensorsException Expected(string what) => new(file, 8, $"tensor '{name}': {what}");
        if (json.GetPropertyCount() != 3 || !json.TryGetProperty("dtype", out var dtype) || !json.TryGetProperty("shape", out var sides) || !json.TryGetProperty("data_offsets", out var range))
            throw Expected("exactly dtype, shape and data_offsets are expected");
        var type = dtype.GetString() ?? "";
        if (!_bytes.TryGetValue(type, out var width))
            throw Expected($"element type '{type}' is unknown; known: {string.Join(", ", _bytes.Keys)}");

        var shape = Numbers(sides) ?? throw Expected("the shape holds something else than whole numbers from 0 on");
        if (Numbers(range) is not [var begin, var end] || end < begin)
            throw Expected("data_offsets are not [begin, end]");
        var size = (UInt128)width;
        foreach (var side in shape)
        {
            // Each side is below 2^63 and the product is cut off at 2^64, so 128 bits hold the next one.
            size = UInt128.Min(size * (UInt128)side, ulong.MaxValue);
        }

        return size == (UInt128)(end - begin)
            ? new SafeTensor(name, type, shape, begin, end - begin)
            : throw Expected($"{type} [{string.Join(',', shape)}] takes {size} bytes, data_offsets span {end - begin}");
    }

    // Null when an element is no whole number from 0 on.
    private static long[]? Numbers(JsonElement array)
    {
        var numbers = new long[array.GetArrayLength()];
        var i = 0;
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out numbers[i]) || numbers[i++] < 0)
                return null;
        }

        return numbers;
    }
}
