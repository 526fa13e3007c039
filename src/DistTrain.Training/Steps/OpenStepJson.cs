using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Protocol.Formats;

namespace DistTrain.Training.Steps;

/// <summary>The open step in checkpoints: with weights and slots it is all that training goes on from.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    IgnoreReadOnlyProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OpenStep))]
public sealed partial class OpenStepJson : JsonSerializerContext
{
    private static readonly FileFormat Format = new("an open step", Version: 1);

    public static string Write(OpenStep step) => Format.Stamp(JsonSerializer.SerializeToNode(step, Default.OpenStep)!).ToJsonString();

    /// <param name="text">What <see cref="Write"/> wrote.</param>
    /// <param name="file">Where it stands, for messages.</param>
    /// <exception cref="JsonException">The text is not an open step.</exception>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public static OpenStep Read(string text, string file = "openStep") => Format.Open(text, file).Deserialize(Default.OpenStep)!;
}
