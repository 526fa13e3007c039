using System.Reflection;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>Files of the checkout.</summary>
internal static class Repository
{
    private static readonly string _root = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!;

    public static string PathOf(string file) => Path.GetFullPath(Path.Combine(_root, file));

    public static string Read(string file) => File.ReadAllText(PathOf(file));
}
