using System.Text.Json.Serialization;

namespace DistTrain.Cli.Output;

/// <summary>The generated serializer of <see cref="OutputEvent"/>: no reflection, so the first line costs no start-up time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    // A loss that is not finite is news, not a reason to lose the line: it is written as "NaN".
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(OutputEvent))]
internal sealed partial class OutputJsonContext : JsonSerializerContext;
