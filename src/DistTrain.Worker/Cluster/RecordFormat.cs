using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Storage;

namespace DistTrain.Worker.Cluster;

/// <summary>Grain state as JSON, the same in every store: an operator can read it.</summary>
internal sealed class RecordFormat : IGrainStorageSerializer
{
    private static readonly JsonSerializerOptions Options = new()
    {
        // A loss may be NaN, and its record must still be kept.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Write<T>(T state) => JsonSerializer.Serialize(state, Options);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;

    public BinaryData Serialize<T>(T? input) => new(JsonSerializer.SerializeToUtf8Bytes(input, Options));

    public T Deserialize<T>(BinaryData input) => JsonSerializer.Deserialize<T>(input, Options)!;
}
