using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Protocol.Formats;

namespace DistTrain.Cli.Cluster;

/// <summary>What a run was started as, in its folder, for whoever goes on with it.</summary>
/// <param name="Job">Id of the job.</param>
/// <param name="Servers">Number of parameter servers.</param>
/// <param name="Silos">Number of worker silos.</param>
internal sealed record RunDescription(string Job, int Servers, int Silos)
{
    private static readonly FileFormat Format = new("a run's description", Version: 1);

    /// <summary>Writes it so that it is there whole or not at all.</summary>
    public void Write(string path) =>
        WholeFile.Write(path, Format.Stamp(JsonSerializer.SerializeToNode(this, RunJson.Default.RunDescription)!).ToJsonString());

    /// <summary>Null where there is none, or it is damaged.</summary>
    /// <exception cref="UnknownFormatException">It is of another format.</exception>
    public static RunDescription? Read(string path)
    {
        try
        {
            return Format.Open(File.ReadAllText(path), path).Deserialize(RunJson.Default.RunDescription);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RunDescription))]
internal sealed partial class RunJson : JsonSerializerContext;
