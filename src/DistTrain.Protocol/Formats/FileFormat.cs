using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistTrain.Protocol.Formats;

/// <summary>
/// A kind of JSON document that outlives the program that wrote it, and the versions of it that this program reads. Each document says its version;
/// one that does not is from before they did, and is of version 1.
/// </summary>
/// <param name="Name">What it is, for messages, with its article: "a checkpoint's manifest".</param>
/// <param name="Version">The version that is written. Raise it when an older program would misread the document, or lose something of it.</param>
/// <param name="Oldest">The oldest version that is still read.</param>
public sealed record FileFormat(string Name, int Version, int Oldest = 1)
{
    /// <summary>The member of a document that says its version.</summary>
    public const string Key = "format";

    private const string Unsaid = "1";

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    /// <summary>Puts the version into a document, in front.</summary>
    public JsonNode Stamp(JsonNode document)
    {
        ArgumentNullException.ThrowIfNull(document);
        document.AsObject().Insert(0, Key, Version);
        return document;
    }

    /// <summary>A document without its version.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="file">Where it stands, for messages.</param>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    /// <exception cref="UnknownFormatException">This program does not read its version.</exception>
    public JsonObject Open(string json, string file)
    {
        var document = JsonNode.Parse(json, documentOptions: _strict) as JsonObject ?? throw new JsonException($"not {Name}");
        Require(document[Key]?.ToJsonString() ?? Unsaid, file);
        document.Remove(Key);
        return document;
    }

    /// <summary>Refuses a document whose version this program does not read.</summary>
    /// <param name="document">The document; what is no JSON object is left to its reader.</param>
    /// <param name="file">Where it stands, for messages.</param>
    /// <exception cref="UnknownFormatException">This program does not read its version.</exception>
    public void Require(JsonElement document, string file)
    {
        if (document.ValueKind == JsonValueKind.Object)
            Require(document.TryGetProperty(Key, out var version) ? version.GetRawText() : Unsaid, file);
    }

    private void Require(string found, string file)
    {
        if (int.TryParse(found, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version >= Oldest && version <= Version)
            return;
        var read = Oldest == Version ? $"version {Version}" : $"versions {Oldest} to {Version}";
        throw new UnknownFormatException($"{file}: {Name} of version {found}, and this program reads {read}; use the version of DistTrain that wrote it");
    }
}
