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

    /// <summary>Id of the job of the TrainingJob object that the spec names; null: it names none.</summary>
    public string? LooksAt { get; init; }

    /// <summary>Name of that object where there is none of it; null otherwise.</summary>
    public string? Missing { get; init; }

    /// <summary>SHA-256 of <see cref="Text"/>.</summary>
    public string? Sha256 => Text is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>Reads it. Of the metadata, which the API server has made much more of, only the name is the job's.</summary>
    /// <param name="resource">The object.</param>
    /// <param name="looksAt">Id of the job of the TrainingJob object that it names; null: it names none.</param>
    public static ResourceJobFile Of(JobResource resource, string? looksAt = null)
    {
        var document = new JsonObject
        {
            ["apiVersion"] = resource.ApiVersion,
            ["kind"] = resource.Kind,
            ["metadata"] = new JsonObject { ["name"] = resource.Metadata.Name },
            ["spec"] = resource.Spec is { } spec ? JsonNode.Parse(spec.GetRawText()) : null,
        };
        var keys = ObjectKeys.Of(resource);
        string[] twice = keys.TrainingJob is not null && document["spec"]?[ObjectKeys.WeightsKey] is JsonObject weights && (weights.ContainsKey(ObjectKeys.JobKey) || weights.ContainsKey("path"))
            ? [$"spec.{ObjectKeys.WeightsKey}.{ObjectKeys.TrainingJobKey}: job or path says already which weights are looked at; keep one of them"]
            : [];
        if (document["spec"] is JsonObject own)
            keys.TakeOut(own, looksAt);
        // JSON is YAML.
        var read = SubmittedFile.Read(document.ToJsonString(_yaml), resource.Title, []);
        return new ResourceJobFile(twice.Length == 0 ? read.Text : null, [.. twice, .. read.Problems.Select(p => p.Text)]) { LooksAt = looksAt };
    }
}
