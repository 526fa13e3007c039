using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Page.Data;

/// <summary>All that a page shows: what the report carries, and what the served page asks for.</summary>
/// <param name="Title">What it is of.</param>
/// <param name="Program">Version of the program that made it.</param>
/// <param name="Made">When, UTC.</param>
/// <param name="Runs">In the order in which they were named.</param>
/// <param name="Notes">What is to be said of them together.</param>
public sealed record PageDocument(string Title, string Program, DateTimeOffset Made, IReadOnlyList<RunPage> Runs, IReadOnlyList<string> Notes)
{
    /// <summary>Of a served page: counts the changes of which runs there are; null in a report.</summary>
    public long? Edition { get; init; }

    /// <summary>UTF-8; what is not finite is a text ("NaN", "Infinity"), and no character of it means anything in HTML.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PageJson.Default.PageDocument);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PageDocument))]
[JsonSerializable(typeof(RunTail))]
[JsonSerializable(typeof(ReadHistory))]
internal sealed partial class PageJson : JsonSerializerContext;
