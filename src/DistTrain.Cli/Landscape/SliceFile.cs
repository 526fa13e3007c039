using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Protocol.Formats;

namespace DistTrain.Cli.Landscape;

/// <summary>The file of a slice: what the closing event says, and the loss at each point.</summary>
internal static class SliceFile
{
    private static readonly FileFormat Format = new("a slice", Version: 1);

    /// <summary>All such names.</summary>
    public const string Pattern = "slice*.json";

    /// <summary>Its name, of a version or of a model file; a line, a plane and the way to other weights have one each.</summary>
    public static string NameOf(long? step, bool isPlane, bool isBetween) =>
        string.Create(CultureInfo.InvariantCulture, $"slice{(step is { } version ? $"-step-{version}" : "")}-{(isBetween ? "between" : isPlane ? "plane" : "line")}.json");

    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(SlicedEvent sliced, long seed, IReadOnlyList<LossEvent> points)
    {
        var document = JsonNode.Parse(OutputJson.Line(sliced))!.AsObject();
        document.Remove("event");
        if (sliced.To is null)
            document["seed"] = seed;
        document["losses"] = new JsonArray([.. points.Select(Point)]);
        WholeFile.Write(sliced.File, Format.Stamp(document).ToJsonString() + "\n");
    }

    /// <summary>The document, without its version.</summary>
    /// <exception cref="CommandException">It is no file of a slice.</exception>
    public static JsonObject Read(string path)
    {
        try
        {
            var document = Format.Open(File.ReadAllText(path), path);
            return document["losses"] is JsonArray ? document : throw new JsonException("it has no losses");
        }
        catch (Exception e) when (e is JsonException or UnknownFormatException)
        {
            throw CommandException.BadInput($"{path}: this is no slice's file of results: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, path);
        }
    }

    /// <summary>As the event of the point has it.</summary>
    private static JsonNode Point(LossEvent point)
    {
        var told = JsonNode.Parse(OutputJson.Line(point))!.AsObject();
        told.Remove("event");
        return told;
    }
}
