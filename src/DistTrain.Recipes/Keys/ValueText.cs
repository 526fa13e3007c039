using System.Globalization;

namespace DistTrain.Recipes.Keys;

/// <summary>Values as YAML on one line, in one form each, so that equal jobs are equal texts.</summary>
internal static class ValueText
{
    /// <summary>Plain words that some readers of YAML take for something else than text.</summary>
    private static readonly string[] Ambiguous = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

    /// <param name="value">long, int, double, bool, string, a list of strings, of doubles or of factors, or what a rule reads.</param>
    public static string Of(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        double number => number.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant(),
        string text => Text(text),
        BatchRecipe { Policy: { } policy } => $"{{{policy.Name}: {{{string.Join(", ", policy.Options.All.Select(o => $"{o.Key}: {Of(o.Value)}"))}}}}}",
        BatchRecipe batch => Of(batch.Examples),
        BatchNormScope scope => Text(scope.ToString()),
        IEnumerable<RateFactor> factors => $"{{{string.Join(", ", factors.Select(f => $"{Text(f.Pattern)}: {Of(f.Factor)}"))}}}",
        NamesRecipe { Convention: { } convention } => Text(convention),
        NamesRecipe names => $"{{{string.Join(", ", names.Given.Select(n => $"{Text(n.Theirs)}: {(n.IsTransposed ? $"{{name: {Text(n.Ours)}, transpose: true}}" : Text(n.Ours))}"))}}}",
        IEnumerable<double> numbers => $"[{string.Join(", ", numbers.Select(number => Of(number)))}]",
        IEnumerable<string> names => $"[{string.Join(", ", names.Select(Text))}]",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static string Text(string text) =>
        IsPlain(text) ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>True when the text means itself to every reader of YAML; anything doubtful is quoted.</summary>
    private static bool IsPlain(string text) =>
        text.Length > 0
        && (char.IsAsciiLetter(text[0]) || text[0] == '/')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
        && !Ambiguous.Contains(text, StringComparer.OrdinalIgnoreCase);
}
