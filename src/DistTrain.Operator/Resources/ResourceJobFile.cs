using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Recipes.Files;

namespace DistTrain.Operator.Resources;

/// <summary>The job file that an object is.</summary>
/// <param name="Text">In canonical form; null where there are problems.</param>
/// <param name="Problems">All mistakes, a line each.</param>
internal sealed record ResourceJobFile(string? Text, IReadOnlyList<string> Problems)
{
    private static readonly JsonSerializerOptions _yaml = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>SHA-256 of <see cref="Text"/>.</summary>
    public string? Sha256 => Text is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>Reads it. Of the metadata, which the API server has made much more of, only the name is the job's.</summary>
    public static ResourceJobFile Of(TrainingJobResource resource)
    {
        var document = new JsonObject
        {
            ["apiVersion"] = resource.ApiVersion,
            ["kind"] = resource.Kind,
            ["metadata"] = new JsonObject { ["name"] = resource.Metadata.Name },
            ["spec"] = resource.Spec is { } spec ? JsonNode.Parse(spec.GetRawText()) : null,
        };
        foreach (var key in ObjectKeys.All)
            (document["spec"] as JsonObject)?.Remove(key);
        // JSON is YAML.
        var read = JobFile.Read(document.ToJsonString(_yaml), resource.Title, []);
        return new ResourceJobFile(read.Job is { } job ? JobFile.Write(job) : null, [.. read.Problems.Select(p => p.Text)]);
    }
}
