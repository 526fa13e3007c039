namespace DistTrain.Architecture.Tests;

/// <summary>The sources of the test projects.</summary>
internal static class TestSources
{
    /// <summary>The projects' names.</summary>
    public static IEnumerable<string> Projects { get; } = [.. Directory.GetDirectories(Repository.PathOf("tests"), "*.Tests").Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    /// <summary>The files of a folder of tests, by their paths in the repository.</summary>
    public static IEnumerable<string> In(string folder) => Directory.EnumerateFiles(Repository.PathOf($"tests/{folder}"), "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
        .Where(file => !file.Split('/').Any(part => part is "obj" or "bin"));
}
