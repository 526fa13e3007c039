using System.Text;
using System.Text.RegularExpressions;

namespace DistTrain.Architecture.Tests;

/// <summary>Documents name what there is, and can be read in any editor.</summary>
[Trait("Kind", "Fast")]
public partial class DocumentTests
{
    private const int LongestLine = 150;

    private const int LongestReadme = 10 * 1024;

    public static TheoryData<string> Documents => [.. Document.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_a_document_names_exists(string document)
    {
        var named = PathPattern().Matches(Document.Of(document).Text).Select(m => m.Value.TrimEnd('.')).Where(p => !p.Contains("/bin/", StringComparison.Ordinal)).Distinct();
        Assert.All(named, path => Assert.True(Path.Exists(Repository.PathOf(path)), path));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_leads_to_a_file_and_a_heading_in_it(string document)
    {
        var folder = Path.GetDirectoryName(document)!;
        var links = Document.Of(document).Prose.SelectMany(l => LinkPattern().Matches(l.Line)).Where(m => !m.Groups[1].Value.Contains("://", StringComparison.Ordinal));
        Assert.All(links, link =>
        {
            var target = link.Groups[1].Length == 0 ? document : Path.Combine(folder, link.Groups[1].Value);
            Assert.True(Path.Exists(Repository.PathOf(target)), link.Value);
            if (link.Groups[2].Length > 0)
                Assert.Contains(link.Groups[2].Value, Document.Of(target).Anchors);
        });
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_test_a_document_names_exists(string document) =>
        Assert.All(TestPattern().Matches(Document.Of(document).Text), named =>
        {
            var files = Directory.GetFiles(Repository.PathOf("tests"), $"{named.Groups[1].Value}.cs", SearchOption.AllDirectories);
            Assert.True(files.Any(f => File.ReadAllText(f).Contains($" {named.Groups[2].Value}{(named.Groups[2].Length > 0 ? "(" : "")}", StringComparison.Ordinal)), named.Value);
        });

    [Theory]
    [MemberData(nameof(Documents))]
    public void Lines_of_prose_end_in_time(string document)
    {
        // Markdown has no way to break a row of a table or a link.
        var lines = Document.Of(document) is { IsWritten: true } written ? written.Prose.Where(l => !l.Line.StartsWith('|') && l.Line.TrimStart('-', ' ').Contains(' ')) : [];
        Assert.DoesNotContain(lines, l => l.Line.Length > LongestLine);
    }

    [Fact]
    public void Every_guarantee_names_its_tests()
    {
        var rows = Document.Of("docs/guarantees.md").Prose.Where(l => RowPattern().IsMatch(l.Line) && !HeadPattern().IsMatch(l.Line)).ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, r => Assert.Matches(TestPattern(), r.Line));
    }

    [Fact]
    public void The_readme_is_one_page() => Assert.InRange(Encoding.UTF8.GetByteCount(Document.Of("README.md").Text), 1, LongestReadme);

    [Fact]
    public void The_readme_names_every_project()
    {
        var readme = Document.Of("README.md").Text;
        Assert.All(Folders("src"), project => Assert.Contains($"`{Path.GetFileName(project)}`", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void The_tree_has_a_clause_for_every_folder_of_src_and_every_project_of_the_tests()
    {
        var tree = Document.Of("CONTRIBUTING.md").Text.Split("## The tree")[1].Split("```")[1];
        var named = new HashSet<string>();
        var top = "";
        foreach (var line in tree.Split('\n'))
        {
            top = line.StartsWith(' ') ? top : line.Split(' ')[0];
            named.UnionWith(FolderPattern().Match(line).Groups[1].Captures.Select(folder => Path.Combine(line.StartsWith(' ') ? top : "", folder.Value.TrimEnd('/'))));
        }

        Assert.All(named, folder => Assert.True(Directory.Exists(Repository.PathOf(folder)), folder));
        var projects = Folders("src").ToList();
        Assert.All(projects.Concat(projects.SelectMany(Folders)), folder => Assert.Contains(folder, named));
        Assert.All(Folders("tests"), project => Assert.Contains(Path.GetFileName(project), tree, StringComparison.Ordinal));
    }

    /// <summary>The folders in a folder, by their paths from the root; not what builds leave.</summary>
    private static IEnumerable<string> Folders(string folder) => Directory.GetDirectories(Repository.PathOf(folder))
        .Select(f => Path.GetRelativePath(Repository.Root, f))
        .Where(f => Path.GetFileName(f) is not ("bin" or "obj"));

    [GeneratedRegex(@"(?<![\w./<-])(?:src|protos|deploy|tests|k8s|docs)/[A-Za-z0-9_./-]+")]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"\b([A-Z]\w+Tests)\b(?:\.([A-Z]\w+))?")]
    private static partial Regex TestPattern();

    [GeneratedRegex(@"^\|[^-]")]
    private static partial Regex RowPattern();

    [GeneratedRegex(@"\| shown by \|$")]
    private static partial Regex HeadPattern();

    /// <summary>The folders that a line of the tree begins with.</summary>
    [GeneratedRegex(@"^ *(?:([\w.-]+(?:/[\w.-]+)*/) ?)+")]
    private static partial Regex FolderPattern();
}
