using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Optimization.Order;
using DistTrain.ParameterServer.Files;
using DistTrain.Protocol.Formats;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>What a job started from, in its folder: <c>start.json</c>. Only a job with a <c>from</c> has one.</summary>
/// <param name="Checkpoint">The path, as the job has it.</param>
/// <param name="Sha256">Of what was taken over.</param>
/// <param name="Step">Number of its first version.</param>
/// <param name="Position">Where that stands in the data.</param>
/// <param name="StatisticsSteps">How many of the steps before it made no update but took statistics.</param>
public sealed record StartFile(string Checkpoint, string Sha256, long Step, Position Position, long StatisticsSteps)
{
    public const string FileName = "start.json";

    private static readonly FileFormat Format = new("what a job started from", Version: 1);

    /// <summary>Null where there is none, or it is damaged.</summary>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static StartFile? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return Format.Open(File.ReadAllText(path), path).Deserialize(StartJson.Default.StartFile);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    internal void Write(Disk disk, string folder)
    {
        var json = Format.Stamp(JsonSerializer.SerializeToNode(this, StartJson.Default.StartFile)!).ToJsonString();
        AtomicFile.Write(disk, Path.Combine(folder, FileName), stream => stream.Write(Encoding.UTF8.GetBytes(json)));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StartFile))]
internal sealed partial class StartJson : JsonSerializerContext;
