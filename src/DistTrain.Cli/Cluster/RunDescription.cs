using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Cli.Cluster;

/// <summary>What a run was started as, in its folder, for whoever goes on with it.</summary>
/// <param name="Job">Id of the job.</param>
/// <param name="Servers">Number of parameter servers.</param>
/// <param name="Silos">Number of worker silos.</param>
internal sealed record RunDescription(string Job, int Servers, int Silos)
{
    /// <summary>Writes it so that it is there whole or not at all.</summary>
    public void Write(string path)
    {
        var temporary = $"{path}.tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.RunDescription));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Null where there is none, or it can't be read.</summary>
    public static RunDescription? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RunJson.Default.RunDescription);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RunDescription))]
internal sealed partial class RunJson : JsonSerializerContext;
