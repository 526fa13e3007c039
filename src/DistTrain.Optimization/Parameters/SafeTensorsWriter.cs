using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace DistTrain.Optimization.Parameters;

/// <summary>
/// Writes a model as a safetensors file (https://github.com/huggingface/safetensors#format): length of the header, 8 bytes
/// little-endian; the header, JSON; the tensors, float32 little-endian, without gaps.
/// </summary>
public static class SafeTensorsWriter
{
    /// <summary>Metadata key of the layout's JSON.</summary>
    public const string LayoutKey = "disttrain.layout";

    /// <summary>Metadata key of the resolved job file.</summary>
    public const string JobKey = "disttrain.job";

    internal const string MetadataKey = "__metadata__";

    /// <summary>Writes the tensors in layout order without padding; the same bytes for the same arguments.</summary>
    /// <param name="stream">Written from its position on; not closed.</param>
    /// <param name="layout">Where the tensors lie; also written into the metadata, under <see cref="LayoutKey"/>.</param>
    /// <param name="vector">The flat vector, [layout.Length].</param>
    /// <param name="metadata">Further entries, e.g. <see cref="JobKey"/>.</param>
    /// <param name="names">What another program calls the tensors; the layout, whose names are others, is left out then. Null: the layout's names.</param>
    /// <returns>How many tensors there are in the file.</returns>
    /// <exception cref="ArgumentException">The vector is not of the layout's length, a name is reserved or stands twice, or an entry of the metadata is one of the writer's own.</exception>
    public static int Write(Stream stream, ParameterLayout layout, ReadOnlySpan<float> vector, IReadOnlyDictionary<string, string> metadata, ForeignNames? names = null)
    {
        if (vector.Length != layout.Length)
            throw new ArgumentException($"the vector has {vector.Length} elements, the layout {layout.Length}", nameof(vector));
        List<TensorPlace> places = [.. (names ?? ForeignNames.None).PlacesIn(layout)];
        if (places.Any(place => string.Equals(place.Name.Theirs, MetadataKey, StringComparison.Ordinal)))
            throw new ArgumentException($"no tensor may be named {MetadataKey}", nameof(layout));

        var header = Header(places, Entries(names is null ? layout : null, metadata));
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var place in places)
            LittleEndian.Write(Values(place, vector), stream.Write);
        return places.Count;
    }

    private static ReadOnlySpan<float> Values(TensorPlace place, ReadOnlySpan<float> vector)
    {
        var tensor = place.Ours;
        var values = vector.Slice(tensor.Segment.Offset, tensor.Segment.Length);
        if (place.IsAdded)
            return new float[place.Shape[0] * place.Shape[1]];
        if (tensor.Part == SavedPart.Whole)
        {
            var part = values.Slice(place.Offset, place.Length);
            if (!place.Name.IsTransposed)
                return part;
            var turned = new float[part.Length];
            Matrix.Transpose(part, place.Shape[0], turned);
            return turned;
        }

        var half = new float[tensor.Length];
        for (var i = 0; i < half.Length; i++)
            half[i] = values[(2 * i) + (tensor.Part == SavedPart.Mean ? 0 : 1)];
        return half;
    }

    private static SortedDictionary<string, string> Entries(ParameterLayout? layout, IReadOnlyDictionary<string, string> metadata)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };
        if (layout is not null)
            entries.Add(LayoutKey, LayoutJson.Write(layout));
        foreach (var (key, value) in metadata)
        {
            if (!entries.TryAdd(key, value))
                throw new ArgumentException($"the metadata's '{key}' is written by the writer itself", nameof(metadata));
        }

        return entries;
    }

    private static byte[] Header(IReadOnlyList<TensorPlace> places, SortedDictionary<string, string> entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            foreach (var (key, value) in entries)
                json.WriteString(key, value);
            json.WriteEndObject();
            var offset = 0L;
            foreach (var place in places)
            {
                var shape = place.Name.IsTransposed ? place.Shape.Reverse() : place.Shape;
                json.WriteStartObject(place.Name.Theirs);
                json.WriteString("dtype", "F32");
                WriteNumbers(json, "shape", shape.Select(side => (long)side));
                WriteNumbers(json, "data_offsets", [offset, offset += 4 * shape.Aggregate(1L, (product, side) => product * side)]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces behind the JSON put the tensors on an 8-byte boundary of the file.
        var header = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<long> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
