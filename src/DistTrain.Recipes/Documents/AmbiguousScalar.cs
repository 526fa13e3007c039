using System.Globalization;
using System.Text.RegularExpressions;

namespace DistTrain.Recipes.Documents;

/// <summary>
/// Plain values that two readers of the same file read differently. YAML 1.1, which PyYAML and kubectl follow, knows octal numbers, base 60, digits
/// in groups, dates and eight words for a flag; YAML 1.2 does not. Such a value is refused, whichever reading was meant.
/// </summary>
/// <remarks>1e-3 is not among them: some readers take it for text, none for another number.</remarks>
internal static partial class AmbiguousScalar
{
    private const string InQuotes = "or put it in quotes when text is meant";

    private static readonly string[] True = ["y", "yes", "on"];
    private static readonly string[] False = ["n", "no", "off"];

    /// <summary>Why <paramref name="text"/> is refused, reading on from it: "is 64 to …; write 100, …". Null: all readers agree on it.</summary>
    public static string? Problem(string text) => text switch
    {
        "~" => "is nothing to some readers of YAML, and text or a home folder to others; write null, or leave the key out",
        _ when True.Contains(text, StringComparer.OrdinalIgnoreCase) => $"is true to readers of YAML 1.1 and text to others; write true, {InQuotes}",
        _ when False.Contains(text, StringComparer.OrdinalIgnoreCase) => $"is false to readers of YAML 1.1 and text to others; write false, {InQuotes}",
        _ when LeadingZero().IsMatch(text) => LeadingZeroProblem(text),
        _ when Prefixed().IsMatch(text) => $"is a number to some readers of YAML and text to others; write it in decimal digits, {InQuotes}",
        _ when Base60().IsMatch(text) => $"is a number of base 60 to readers of YAML 1.1 and text to others; write it in decimal digits, {InQuotes}",
        _ when Grouped().IsMatch(text) => $"is a number to readers of YAML 1.1 and text to others; write {text.Replace("_", "", StringComparison.Ordinal)}, {InQuotes}",
        _ when Date().IsMatch(text) => "is a date to readers of YAML 1.1 and text to others; put it in quotes",
        _ => null,
    };

    private static string LeadingZeroProblem(string text)
    {
        var sign = text[0] == '-' ? "-" : "";
        var digits = text.TrimStart('-', '+').Replace("_", "", StringComparison.Ordinal);
        var plain = sign + (digits.TrimStart('0') is { Length: > 0 } rest ? rest : "0");
        var octal = digits.All(digit => digit is >= '0' and <= '7') && digits.Length <= 20 ? sign + Octal(digits) : "text";
        return $"begins with 0: it is {octal} to readers of YAML 1.1, where that means octal, and {plain} to others; write {plain}, {InQuotes}";
    }

    private static string Octal(string digits) =>
        digits.Aggregate(0UL, (number, digit) => (number * 8) + (ulong)(digit - '0')).ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A[-+]?0[0-9_]+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LeadingZero();

    [GeneratedRegex(@"\A[-+]?0(b[01_]+|o[0-7_]+|x[0-9A-Fa-f_]+)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Prefixed();

    [GeneratedRegex(@"\A[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Base60();

    [GeneratedRegex(@"\A(?=.*_)[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grouped();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Date();
}
