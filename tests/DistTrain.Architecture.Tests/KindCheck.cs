using System.Text.RegularExpressions;

namespace DistTrain.Architecture.Tests;

/// <summary>
/// What a file of the tests says of its kind. <c>Fast</c> starts no process and takes a few seconds, <c>Process</c> starts some or takes long by nature,
/// <c>Image</c> builds or runs images.
/// </summary>
internal static partial class KindCheck
{
    private static readonly string[] _kinds = ["Fast", "Process", "Image"];

    /// <summary>Namespaces of what starts processes, so that a file that uses it says so at its top.</summary>
    private const string Starters = "Processes|Clusters|Images";

    /// <param name="name">The file's, for messages.</param>
    /// <param name="text">What is in it.</param>
    /// <param name="project">The project file; usings that it gives to all files count too.</param>
    public static IReadOnlyList<string> Problems(string name, string text, string project = "")
    {
        List<string> problems = [];
        var classes = ClassPattern().Matches(text);
        var kinds = classes.ToDictionary(c => c, c => KindPattern().Matches(c.Groups["attributes"].Value).Select(k => k.Groups[1].Value).ToList());
        var withTests = TestPattern().Matches(text).Select(test => classes.LastOrDefault(c => c.Index < test.Index)).Distinct().OfType<Match>().ToList();
        foreach (var found in withTests.Where(c => kinds[c] is not [var kind] || !_kinds.Contains(kind)))
            problems.Add($"{name}: {found.Groups["name"].Value} says its kind {kinds[found].Count} times, of {string.Join(", ", _kinds)}");
        if (KindPattern().Count(text) != kinds.Values.Sum(k => k.Count))
            problems.Add($"{name}: a kind is a class's, not a test's");

        var isIn = NamespacePattern().IsMatch(text);
        var starts = StartPattern().IsMatch(text);
        if (withTests.Exists(c => kinds[c].Contains("Fast")) && (isIn || starts || ProjectPattern().IsMatch(project)))
            problems.Add($"{name}: is marked Fast and uses what starts processes");
        if (withTests.Count == 0 && starts && !isIn && Path.GetFileName(name) != "Program.cs")
            problems.Add($"{name}: starts processes and lies in no namespace of those that do ({Starters})");
        return problems;
    }

    [GeneratedRegex(@"(?<attributes>(?:^\[.*\]\n)*)^(?:public|internal) (?:(?:sealed|static|partial|abstract) )*class (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex ClassPattern();

    [GeneratedRegex(@"^\s*\[(?:Fact|Theory)\b", RegexOptions.Multiline)]
    private static partial Regex TestPattern();

    [GeneratedRegex(@"\[Trait\(""Kind"", ""(\w+)""\)\]")]
    private static partial Regex KindPattern();

    [GeneratedRegex($@"^namespace [\w.]+\.(?:{Starters})\b", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex($@"\bProcess\.Start\(|\bnew Process\b|\bProcessStartInfo\b|^using [\w.]+\.(?:{Starters});|(?<![\w.])(?:{Starters})\.\w", RegexOptions.Multiline)]
    private static partial Regex StartPattern();

    [GeneratedRegex($@"<Using Include=""[\w.]+\.(?:{Starters})""")]
    private static partial Regex ProjectPattern();
}
