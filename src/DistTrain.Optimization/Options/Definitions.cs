namespace DistTrain.Optimization.Options;

/// <summary>Finds the policies of a kind, so that adding one is adding its file.</summary>
public static class Definitions
{
    /// <summary>One instance of every public class of this assembly that implements <typeparamref name="T"/>, in order of name.</summary>
    public static IReadOnlyList<T> Of<T>(Func<T, string> name) =>
        [.. typeof(Definitions).Assembly.GetExportedTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(T)))
            .Select(t => (T)Activator.CreateInstance(t)!)
            .OrderBy(name, StringComparer.Ordinal)];
}
