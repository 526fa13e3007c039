using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>The open step in checkpoints: with weights and slots it is all that training goes on from.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    IgnoreReadOnlyProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OpenStep))]
internal sealed partial class OpenStepJson : JsonSerializerContext
{
    public static string Write(OpenStep step) => JsonSerializer.Serialize(step, Default.OpenStep);

    /// <exception cref="JsonException">The text is not an open step.</exception>
    public static OpenStep Read(string text) => JsonSerializer.Deserialize(text, Default.OpenStep) ?? throw new JsonException("no open step");
}
