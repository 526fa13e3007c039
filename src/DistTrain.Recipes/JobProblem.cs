using System.Text;

namespace DistTrain.Recipes;

/// <summary>One mistake in a job file or an override, for the person who wrote it.</summary>
/// <param name="Path">Dotted path of the key, e.g. <c>spec.optimizer.name</c>; empty when the document as a whole is meant.</param>
/// <param name="Value">What was found there, or null when the rule says it all.</param>
/// <param name="Rule">What is wrong and what is allowed; reads on from the value: "is not an optimizer; use one of …".</param>
/// <param name="Suggestion">The nearest valid name, or null when none is near.</param>
/// <param name="Source">The file as the user named it, or the override: <c>--set batch=0</c>.</param>
/// <param name="Line">Line in the file, from 1; null for overrides and defaults.</param>
/// <param name="Column">Column in the line, from 1; only for YAML that does not parse.</param>
public sealed record JobProblem(
    string Path,
    string? Value,
    string Rule,
    string? Suggestion,
    string Source,
    int? Line,
    int? Column = null)
{
    private const int LongestPart = 80;

    /// <summary>What is wrong, without where it was written: <c>spec.optimizer.name: 'momentm' is not an optimizer; use one of momentum (did you mean 'momentum'?)</c>.</summary>
    public string Text
    {
        get
        {
            var line = new StringBuilder();
            if (Path.Length > 0)
                line.Append(OneLine(Path)).Append(": ");
            if (Value is not null)
                line.Append('\'').Append(OneLine(Value)).Append("' ");
            line.Append(Rule);
            if (Suggestion is not null)
                line.Append(" (did you mean '").Append(Suggestion).Append("'?)");
            return line.ToString();
        }
    }

    /// <summary>One line, e.g. <c>job.yaml:12: spec.optimizer.name: 'momentm' is not an optimizer; …</c>.</summary>
    public override string ToString()
    {
        var line = new StringBuilder(OneLine(Source));
        if (Line is not null)
            line.Append(':').Append(Line);
        if (Column is not null)
            line.Append(':').Append(Column);
        return line.Append(": ").Append(Text).ToString();
    }

    /// <summary>Users' text must neither break the line nor fill the screen.</summary>
    private static string OneLine(string text)
    {
        var shown = text.Length <= LongestPart ? text : string.Concat(text.AsSpan(0, LongestPart - 1), "…");
        return shown.Any(IsUnprintable) ? string.Concat(shown.Select(c => IsUnprintable(c) ? '·' : c)) : shown;
    }

    private static bool IsUnprintable(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
