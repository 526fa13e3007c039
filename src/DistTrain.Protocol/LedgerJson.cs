using System.Globalization;
using System.Text.Json;

namespace DistTrain.Protocol;

/// <summary>The entry of the ledger within a line of <see cref="MetricsJson"/>; digests are hexadecimal, as JSON's numbers end at 53 bits.</summary>
internal static class LedgerJson
{
    private const string Name = "ledger";

    public static void Write(Utf8JsonWriter json, LedgerEntry entry)
    {
        json.WriteStartObject(Name);
        json.WriteNumber("generation", entry.Generation);
        json.WriteNumber("phase", entry.Phase);
        json.WriteNumber("epoch", entry.Epoch);
        json.WriteNumber("cursor", entry.Cursor);
        json.WriteNumber("take", entry.Take);
        if (entry.Sharing != Sharing.Together)
            json.WriteString("sharing", entry.Sharing == Sharing.Local ? "local" : "alone");
        json.WriteStartArray("digests");
        Span<char> digits = stackalloc char[16];
        foreach (var digest in entry.Digests)
        {
            digest.TryFormat(digits, out _, "x16", CultureInfo.InvariantCulture);
            json.WriteStringValue(digits);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The entry in a line, or null: runs of a program before there were ledgers have none.</summary>
    public static LedgerEntry? Read(JsonElement line)
    {
        if (!line.TryGetProperty(Name, out var json))
            return null;
        return new LedgerEntry
        {
            Generation = json.GetProperty("generation").GetInt64(),
            Phase = json.GetProperty("phase").GetInt32(),
            Epoch = json.GetProperty("epoch").GetInt32(),
            Cursor = json.GetProperty("cursor").GetInt32(),
            Take = json.GetProperty("take").GetInt32(),
            Sharing = !json.TryGetProperty("sharing", out var sharing) ? Sharing.Together : sharing.GetString() switch
            {
                "local" => Sharing.Local,
                "alone" => Sharing.Alone,
                var other => throw new JsonException($"'{other}' is no way of sharing"),
            },
            Digests = { json.GetProperty("digests").EnumerateArray().Select(Digest) },
        };
    }

    private static ulong Digest(JsonElement digits) =>
        digits.GetString() is { Length: 16 } text && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digest)
            ? digest
            : throw new JsonException($"'{digits}' is not a digest of 16 hexadecimal digits");
}
