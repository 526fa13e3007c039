using System.Text.Json;

namespace DistTrain.Page.Data;

/// <summary>What a history came to, once it was read to its end.</summary>
/// <param name="Series">Its curves.</param>
/// <param name="Ledger">What the check of it found.</param>
/// <param name="Notes">What is wrong with its lines.</param>
public sealed record ReadHistory(RunSeries Series, LedgerFindings Ledger, IReadOnlyList<string> Notes)
{
    /// <summary>Null where the text is none.</summary>
    public static ReadHistory? FromJson(JsonElement json)
    {
        try
        {
            return json.Deserialize(PageJson.Default.ReadHistory);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public JsonElement ToJson() => JsonSerializer.SerializeToElement(this, PageJson.Default.ReadHistory);
}
