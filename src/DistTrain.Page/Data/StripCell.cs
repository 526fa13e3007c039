using System.Globalization;
using System.Text.Json.Serialization;
using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>Steps in a row on the strip: which examples they took, folded into one number. Runs that took the same examples in the same order have the same.</summary>
public sealed class StripCell
{
    /// <summary>Of FNV-1a.</summary>
    private const ulong Start = 14695981039346656037, Prime = 1099511628211;

    private ulong _fold;

    internal StripCell(long step, LedgerEntry entry)
    {
        From = To = step;
        Generation = entry.Generation;
        _fold = entry.Digests.Aggregate(Start, (fold, digest) => (fold ^ digest) * Prime);
    }

    [JsonConstructor]
    internal StripCell(long from, long to, long generation, string fold) =>
        (From, To, Generation, _fold) = (from, to, generation, ulong.Parse(fold, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>Number of the first step.</summary>
    public long From { get; }

    /// <summary>Of the last one.</summary>
    public long To { get; private set; }

    /// <summary>The generation that committed the last of them.</summary>
    public long Generation { get; private set; }

    /// <summary>Of the digests of all ranks and steps, 16 hexadecimal digits.</summary>
    public string Fold => _fold.ToString("x16", CultureInfo.InvariantCulture);

    internal static StripCell Merge(StripCell earlier, StripCell later)
    {
        (earlier.To, earlier.Generation) = (later.To, later.Generation);
        earlier._fold = (earlier._fold ^ later._fold) * Prime;
        return earlier;
    }
}
