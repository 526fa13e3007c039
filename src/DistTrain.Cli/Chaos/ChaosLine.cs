using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Cli.Chaos;

/// <summary>Lines of the files that <c>chaos</c> writes.</summary>
internal static class ChaosLine
{
    /// <summary>Quotes stay readable: the lines are never put into HTML.</summary>
    public static ChaosJson Json { get; } = new(new JsonSerializerOptions(ChaosJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ChaosResult))]
[JsonSerializable(typeof(FaultReport))]
[JsonSerializable(typeof(HistoryLine))]
internal sealed partial class ChaosJson : JsonSerializerContext;
