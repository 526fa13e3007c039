namespace DistTrain.Architecture.Tests;

/// <summary>A Markdown document of the repository.</summary>
/// <param name="Name">Its path from the root.</param>
/// <param name="Text">All of it.</param>
internal sealed record Document(string Name, string Text)
{
    /// <summary>Written by a command beside its results.</summary>
    private const string Table = "table.md";

    private static readonly string[] _folders = ["docs", "tests", "k8s", "deploy"];

    public static IReadOnlyList<Document> All { get; } =
    [
        .. Directory.GetFiles(Repository.Root, "*.md")
            .Concat(_folders.SelectMany(f => Directory.GetFiles(Repository.PathOf(f), "*.md", SearchOption.AllDirectories)))
            .Select(f => Path.GetRelativePath(Repository.Root, f))
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal)
            .Select(Of),
    ];

    /// <summary>True for what a person wrote.</summary>
    public bool IsWritten => Path.GetFileName(Name) != Table;

    /// <summary>Each line with its number; code blocks are left out.</summary>
    public IEnumerable<(int Number, string Line)> Prose
    {
        get
        {
            var isCode = false;
            foreach (var (index, line) in Text.Split('\n').Index())
            {
                var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
                if (!isCode && !isFence)
                    yield return (index + 1, line);
                isCode ^= isFence;
            }
        }
    }

    /// <summary>What stands behind # in a link to each heading.</summary>
    public IReadOnlyCollection<string> Anchors =>
    [
        .. Prose.Where(l => l.Line.StartsWith('#'))
            .Select(l => string.Concat(l.Line.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-')),
    ];

    public static Document Of(string name) => new(name, File.ReadAllText(Repository.PathOf(name)));
}
