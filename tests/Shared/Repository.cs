namespace DistTrain.Tests.Shared;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    public static string Read(string relative) => File.ReadAllText(PathOf(relative));

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "DistTrain.sln")))
                return folder;
        }

        throw new InvalidOperationException($"DistTrain.sln is in no folder above {AppContext.BaseDirectory}");
    }
}
