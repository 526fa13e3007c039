using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Page.Data;

/// <summary>What happened to a run, and when: a line of <c>log.jsonl</c> in its folder. It is no part of what the job file decides.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Step">The committed step that was seen last; of a line that says that the servers went on, the step that they went on from.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Text">One line for people.</param>
/// <param name="Redone">Steps that are done again because of it.</param>
public sealed record RunLogLine(
    DateTimeOffset Time,
    long Step,
    RunLogKind Kind,
    string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long Redone = 0)
{
    /// <summary>Null for what is no such line: cut off, or of a later version.</summary>
    public static RunLogLine? FromJson(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, RunLogJson.Default.RunLogLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, RunLogJson.Lines.RunLogLine);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RunLogLine))]
internal sealed partial class RunLogJson : JsonSerializerContext
{
    /// <summary>As they stand in the file, which people read too: HTML's characters are left as they are.</summary>
    public static RunLogJson Lines { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
