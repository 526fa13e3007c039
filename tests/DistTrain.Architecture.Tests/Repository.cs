namespace DistTrain.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>The folders in a folder, by their paths from the root; not what builds leave.</summary>
    public static IEnumerable<string> Folders(string relative) =>
        Directory.GetDirectories(PathOf(relative)).Select(f => Path.GetRelativePath(Root, f)).Where(f => Path.GetFileName(f) is not ("bin" or "obj"));

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "DistTrain.sln")))
                return folder;
        }

        throw new InvalidOperationException("DistTrain.sln is in no folder above the tests");
    }
}
