namespace DistTrain.Architecture.Tests;

/// <summary>Tests lie where the code lies that they are of.</summary>
[Trait("Kind", "Fast")]
public class PlaceTests
{
    /// <summary>Folders of what is no part's own: promises of all of a project, and what it has to hold though parts of it break.</summary>
    private static readonly string[] _ofAll =
    [
        "DistTrain.Cli.Tests/Documents", "DistTrain.Optimization.Tests/Determinism", "DistTrain.ParameterServer.Tests/Crashes", "DistTrain.ParameterServer.Tests/Guarantees",
    ];

    public static TheoryData<string> Projects => [.. TestSources.Projects.Where(p => Directory.Exists(Source(p)))];

    [Fact]
    public void Every_project_has_tests_of_its_own() => Assert.Empty(
        Directory.GetDirectories(Repository.PathOf("src")).Select(d => $"{Path.GetFileName(d)}.Tests").Except(TestSources.Projects));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Tests_are_in_a_folder_that_the_source_has(string project)
    {
        var folders = Directory.GetDirectories(Source(project), "*", SearchOption.AllDirectories).Select(d => Path.GetRelativePath(Source(project), d).Replace('\\', '/'));
        var known = folders.Append(string.Empty).Select(f => $"{project}/{f}".TrimEnd('/')).Concat(_ofAll).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var tests = TestSources.In(project).Where(f => f.EndsWith("Tests.cs", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(tests);
        Assert.All(tests, test => Assert.Contains(Path.GetDirectoryName(test)!.Replace('\\', '/')["tests/".Length..], known));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_namespace_is_the_folder(string project) => Assert.All(TestSources.In(project), file =>
        Assert.Contains($"namespace {Path.GetDirectoryName(file)!.Replace('\\', '/')["tests/".Length..].Replace('/', '.')};", Repository.Read(file), StringComparison.Ordinal));

    private static string Source(string project) => Repository.PathOf($"src/{project[..^".Tests".Length]}");
}
