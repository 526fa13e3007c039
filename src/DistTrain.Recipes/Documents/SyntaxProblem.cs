using YamlDotNet.Core;

namespace DistTrain.Recipes.Documents;

/// <summary>Says where YAML cannot be read, and what to do about it where that is known.</summary>
internal static class SyntaxProblem
{
    /// <param name="message">What the parser says.</param>
    /// <param name="at">Where it says so; line and column from 1.</param>
    /// <param name="yaml">The text.</param>
    /// <param name="origin">Where the text comes from.</param>
    /// <param name="path">Path of the key whose value the text is; empty for a whole file.</param>
    public static JobProblem Of(string message, Mark at, string yaml, Origin origin, string path)
    {
        var reason = message.TrimEnd('.');
        if (origin.IsOverride)
            return new JobProblem(path, null, $"the value is not valid YAML: {reason}; put it in quotes when it is meant as text", null, origin.Source, null);

        var (line, column) = ((int)at.Line, (int)at.Column);
        if (reason.Contains(" tab ", StringComparison.Ordinal) && FirstTab(yaml, line) is { } tab)
            ((line, column), reason) = (tab, "a tab as indentation; indent with spaces");
        return new JobProblem(path, null, $"not valid YAML: {reason}", null, origin.Source, line, column);
    }

    /// <summary>The first tab among the white space that a line begins with, from <paramref name="line"/> on: the parser points at what stands before it.</summary>
    private static (int Line, int Column)? FirstTab(string yaml, int line)
    {
        var lines = yaml.Split('\n');
        for (var i = Math.Max(line - 1, 0); i < lines.Length; i++)
        {
            var column = lines[i].IndexOf('\t', StringComparison.Ordinal);
            if (column >= 0 && string.IsNullOrWhiteSpace(lines[i][..column]))
                return (i + 1, column + 1);
        }

        return null;
    }
}
