using System.Globalization;

namespace DistTrain.Cli.Display;

/// <summary>Numbers as people read them; a dash for what is not known yet.</summary>
internal static class Figures
{
    private const string Unknown = "–";

    /// <summary>0.98765 → "98.77 %".</summary>
    public static string Share(double? share) => Format(share, s => $"{(s * 100).ToString("0.00", CultureInfo.InvariantCulture)} %");

    /// <summary>Four significant digits: 0.012345 → "0.01235", 12345 → "12345".</summary>
    public static string Number(double? number) => Format(number, n => Math.Abs(n) is >= 1000 and < 1e9
        ? n.ToString("0", CultureInfo.InvariantCulture)
        : n.ToString("G4", CultureInfo.InvariantCulture));

    /// <summary>1880.4 → "1,880".</summary>
    public static string Count(double? number) => Format(number, n => n.ToString("#,0", CultureInfo.InvariantCulture));

    /// <summary>1.256 → "1.26".</summary>
    public static string Epoch(double epoch) => epoch.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>"0:07", "12:34", "1:02:03"; "3 d 4 h" from two days on.</summary>
    public static string Duration(TimeSpan? time) => time switch
    {
        null => Unknown,
        { TotalHours: >= 48 } t => $"{t.Days} d {t.Hours} h",
        { TotalHours: >= 1 } t => $"{(int)t.TotalHours}:{t:mm\\:ss}",
        { } t => $"{t.Minutes}:{t:ss}",
    };

    private static string Format(double? number, Func<double, string> format) =>
        number switch
        {
            null => Unknown,
            { } n when !double.IsFinite(n) => n.ToString(CultureInfo.InvariantCulture),
            { } n => format(n),
        };
}
