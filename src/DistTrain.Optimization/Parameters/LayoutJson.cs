using System.Text.Json;

namespace DistTrain.Optimization.Parameters;

/// <summary>
/// A layout as JSON, so that a saved model says what its numbers are:
/// <c>{"bucketLength":131072,"hash":"…","segments":[{"name":"fc.weight","kind":"Weight","shape":[10,128],"initial":{"kind":"Uniform","scale":0.088},"positionsPerExample":0}]}</c>.
/// Offsets follow from the order of the segments.
/// </summary>
public static class LayoutJson
{
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The same bytes for the same layout.</summary>
    public static string Write(ParameterLayout layout)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("bucketLength", layout.BucketLength);
            json.WriteString("hash", layout.Hash);
            json.WriteStartArray("segments");
            foreach (var segment in layout.Segments)
                WriteSegment(json, segment);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">Not such JSON, not a possible layout, or its hash is another than the one written with it.</exception>
    public static ParameterLayout Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, _strict);
            var root = document.RootElement;
            var segments = root.GetProperty("segments").EnumerateArray().Select(ReadSegment).ToList();
            var layout = ParameterLayout.Of(segments, root.GetProperty("bucketLength").GetInt32());
            var hash = root.GetProperty("hash").GetString();
            return string.Equals(hash, layout.Hash, StringComparison.Ordinal)
                ? layout
                : throw new FormatException($"the layout's hash is {layout.Hash}, and {hash} was written with it: it was edited, or written by another version of the program");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new FormatException($"not a layout: {e.Message}", e);
        }
    }

    private static void WriteSegment(Utf8JsonWriter json, Segment segment)
    {
        json.WriteStartObject();
        json.WriteString("name", segment.Name);
        json.WriteString("kind", segment.Kind.ToString());
        json.WriteStartArray("shape");
        foreach (var side in segment.Shape)
            json.WriteNumberValue(side);
        json.WriteEndArray();
        json.WriteStartObject("initial");
        json.WriteString("kind", segment.Initial.Kind.ToString());
        json.WriteNumber("scale", segment.Initial.Scale);
        json.WriteEndObject();
        json.WriteNumber("positionsPerExample", segment.PositionsPerExample);
        json.WriteEndObject();
    }

    private static Segment ReadSegment(JsonElement json)
    {
        var name = json.GetProperty("name").GetString() ?? throw new FormatException("a segment's name is null");
        var shape = json.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32()).ToArray();
        if (Array.Exists(shape, side => side < 0))
            throw new FormatException($"segment '{name}' has a negative side");
        var initial = json.GetProperty("initial");
        return new Segment(
            name,
            Named<SegmentKind>(json),
            shape,
            Offset: 0,
            new Initialization(Named<InitializationKind>(initial), initial.GetProperty("scale").GetDouble()),
            json.GetProperty("positionsPerExample").GetInt32());
    }

    // Enum.Parse would take numbers and lists too.
    private static T Named<T>(JsonElement json)
        where T : struct, Enum
    {
        var text = json.GetProperty("kind").GetString();
        return Enum.GetNames<T>().Contains(text, StringComparer.Ordinal)
            ? Enum.Parse<T>(text!)
            : throw new FormatException($"'{text}' is no {typeof(T).Name}; known: {string.Join(", ", Enum.GetNames<T>())}");
    }
}
