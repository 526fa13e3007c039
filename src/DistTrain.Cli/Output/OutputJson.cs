using System.Text.Encodings.Web;
using System.Text.Json;

namespace DistTrain.Cli.Output;

/// <summary>Writes and reads the lines of <c>--output json</c>.</summary>
internal static class OutputJson
{
    // The output is read by programs and people, never put into HTML: quotes and umlauts stay readable.
    private static readonly OutputJsonContext Readable = new(new JsonSerializerOptions(OutputJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>One line without its end.</summary>
    public static string Line(OutputEvent output) => JsonSerializer.Serialize(output, Readable.OutputEvent);

    /// <summary>The event in <paramref name="line"/>, or null when it is anything else.</summary>
    public static OutputEvent? Read(string line)
    {
        if (!line.StartsWith('{'))
            return null;
        try
        {
            return JsonSerializer.Deserialize(line, Readable.OutputEvent);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // NotSupported: an object that does not say which event it is.
            return null;
        }
    }
}
