namespace DistTrain.Tests.Shared;

/// <summary>
/// Real data sets, too large for the repository: in <c>data/</c> of the folder that DISTTRAIN_SHARED names, else of
/// <c>shared</c> beside the checkout. A test that asks for one that is not there is skipped.
/// </summary>
internal static class SharedData
{
    private const string Variable = "DISTTRAIN_SHARED";

    /// <summary>The folder of one data set, e.g. <c>mnist</c>; skips the test, with the reason, when there is none.</summary>
    public static string Folder(string name)
    {
        var root = Environment.GetEnvironmentVariable(Variable) ?? Repository.PathOf("../shared");
        var folder = Path.GetFullPath(Path.Combine(root, "data", name));
        Assert.SkipUnless(Directory.Exists(folder), $"no data in {folder}; set {Variable} to a folder that holds data/{name}");
        return folder;
    }
}
