using System.Globalization;
using System.Text.RegularExpressions;

namespace DistTrain.Cli.Roles;

/// <summary>Amounts of memory as people write them: <c>1073741824</c>, <c>512MiB</c>, <c>1.5 GiB</c>, <c>2GB</c>.</summary>
internal static partial class ByteSize
{
    public const string Rule = "a number with an optional unit: KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024)";

    private const string Prefixes = "KMGT";

    /// <summary>Reads an amount of at least one byte.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var match = Pattern().Match(text);
        if (!match.Success || !decimal.TryParse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture, out var number))
            return false;
        var power = match.Groups["prefix"] is { Success: true } prefix ? Prefixes.IndexOf(char.ToUpperInvariant(prefix.Value[0])) + 1 : 0;
        var step = match.Groups["binary"].Success ? 1024m : 1000m;
        try
        {
            for (; power > 0; power--)
                number *= step;
            bytes = decimal.ToInt64(number);
        }
        catch (OverflowException)
        {
            return false;
        }

        return bytes > 0;
    }

    [GeneratedRegex("^(?<number>[0-9]+([.][0-9]+)?) *((?<prefix>[KMGT])(?<binary>i)?)?B?$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
