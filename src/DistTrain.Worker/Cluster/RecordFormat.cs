using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Protocol.Formats;
using Orleans.Storage;

namespace DistTrain.Worker.Cluster;

/// <summary>Grain state as JSON, the same in every store: an operator can read it.</summary>
internal sealed class RecordFormat : IGrainStorageSerializer
{
    private static readonly FileFormat Format = new("a record of the cluster", Version: 2);

    private static readonly JsonSerializerOptions Options = new()
    {
        // A loss may be NaN, and its record must still be kept.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Write<T>(T state) => Format.Stamp(JsonSerializer.SerializeToNode(state, Options)!).ToJsonString();

    /// <param name="json">What <see cref="Write"/> wrote.</param>
    /// <param name="file">Where it stands, for messages.</param>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public static T Read<T>(string json, string file) => Format.Open(json, file).Deserialize<T>(Options)!;

    public BinaryData Serialize<T>(T? input) => new(Write(input));

    public T Deserialize<T>(BinaryData input) => Read<T>(input.ToString(), $"the cluster's Redis: {typeof(T).Name}");
}
