using System.Text.RegularExpressions;

namespace DistTrain.Architecture.Tests;

public partial class ReadmeTests
{
    public static TheoryData<string> Documents =>
    [
        "README.md",
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Select(f => Path.GetRelativePath(Repository.Root, f)),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_path_a_document_names_exists(string document)
    {
        var named = PathPattern().Matches(File.ReadAllText(Repository.PathOf(document))).Select(m => m.Groups[1].Value).Distinct();
        Assert.All(named, path => Assert.True(Path.Exists(Repository.PathOf(path)), path));
    }

    [Fact]
    public void The_tree_names_every_file_of_the_way_of_the_data()
    {
        var readme = File.ReadAllText(Repository.PathOf("README.md"));
        Assert.All(
            Directory.GetDirectories(Repository.PathOf("src")).Concat(Directory.GetDirectories(Repository.PathOf("tests"))),
            folder => Assert.Contains(Path.GetFileName(folder), readme, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"`((?:src|protos|deploy|tests|k8s|docs)/[A-Za-z0-9_./-]+)`")]
    private static partial Regex PathPattern();
}
