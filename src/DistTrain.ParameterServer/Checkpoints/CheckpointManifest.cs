using System.Text.Json;
using System.Text.Json.Serialization;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Formats;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>
/// What makes a set of parts a checkpoint: everything needed to assemble and verify it, and the job it belongs to.
/// </summary>
/// <param name="Format">Version of this format: 2.</param>
/// <param name="JobId">The job.</param>
/// <param name="Generation">The job-wide generation that wrote it.</param>
/// <param name="Step">Number of the version.</param>
/// <param name="Position">Where the version stands in the data.</param>
/// <param name="OpenStep">The step that waits at the version, JSON: what training goes on from.</param>
/// <param name="JobFile">The resolved job, YAML.</param>
/// <param name="Layout">The parameter layout, JSON.</param>
/// <param name="DataFingerprint">SHA-256 of the data the job trains on.</param>
/// <param name="Parts">One a server, covering the flat vector without gap or overlap.</param>
public sealed record CheckpointManifest(
    int Format,
    string JobId,
    long Generation,
    long Step,
    Position Position,
    string OpenStep,
    string JobFile,
    string Layout,
    string DataFingerprint,
    IReadOnlyList<ManifestPart> Parts)
{
    public const string FileName = "manifest.json";

    public const int CurrentFormat = 2;

    private static readonly FileFormat Written = new("a checkpoint's manifest", CurrentFormat, Oldest: CurrentFormat);

    private static readonly ManifestJson Json = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    });

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json.CheckpointManifest);

    /// <summary>The manifest of a checkpoint of the plan's job.</summary>
    /// <param name="plan">Any server's.</param>
    /// <param name="parts">One of each server that wrote it, all of one step.</param>
    internal static CheckpointManifest Of(PartitionPlan plan, IReadOnlyList<CheckpointPart> parts) => new(
        CurrentFormat,
        plan.JobId,
        parts[0].Generation,
        parts[0].Step,
        parts[0].Position.ToPosition(),
        parts[0].OpenStep,
        Recipes.Files.JobFile.Write(plan.Job),
        LayoutJson.Write(plan.Layout),
        plan.DataFingerprint,
        [.. parts.Select(ManifestPart.Of)]);

    /// <summary>The parts as the servers described them.</summary>
    internal IEnumerable<CheckpointPart> Described() => Parts.Select(part => new CheckpointPart
    {
        Step = Step,
        Generation = Generation,
        File = part.File,
        Server = part.Server,
        FirstElement = part.FirstElement,
        Elements = part.Elements,
        Slots = part.Slots,
        Bytes = part.Bytes,
        Sha256 = part.Sha256,
        Position = Position.ToMessage(),
        OpenStep = OpenStep,
    });

    /// <param name="json">The manifest.</param>
    /// <param name="file">Its file, for messages.</param>
    /// <exception cref="JsonException">Not a manifest.</exception>
    /// <exception cref="UnknownFormatException">One of another format.</exception>
    public static CheckpointManifest FromJson(ReadOnlySpan<byte> json, string file = FileName)
    {
        // First of all: what other members another format has is not this program's to say.
        Written.Require(JsonSerializer.Deserialize<JsonElement>(json), file);
        return JsonSerializer.Deserialize(json, Json.CheckpointManifest) ?? throw new JsonException("not a checkpoint's manifest");
    }
}

/// <summary>One server's file: its run of the flat vector, then the same run of each optimizer slot, little-endian float32.</summary>
public sealed record ManifestPart(string File, int Server, int FirstElement, int Elements, int Slots, long Bytes, string Sha256)
{
    internal static ManifestPart Of(CheckpointPart part) =>
        new(part.File, part.Server, part.FirstElement, part.Elements, part.Slots, part.Bytes, part.Sha256);
}

[JsonSerializable(typeof(CheckpointManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
