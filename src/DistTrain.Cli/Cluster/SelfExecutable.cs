namespace DistTrain.Cli.Cluster;

/// <summary>How to start this program once more.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="Prefix">Arguments that come before the program's own.</param>
internal sealed record SelfExecutable(string FileName, IReadOnlyList<string> Prefix)
{
    /// <summary>The running program: its own executable, or <c>dotnet</c> with the assembly.</summary>
    public static SelfExecutable Current { get; } = Find(
        Environment.ProcessPath ?? throw new PlatformNotSupportedException("the path of this process is unknown"),
        Path.Combine(AppContext.BaseDirectory, "disttrain.dll"));

    /// <summary>The same from given paths.</summary>
    internal static SelfExecutable Find(string processPath, string assembly) =>
        string.Equals(Path.GetFileNameWithoutExtension(processPath), "dotnet", StringComparison.OrdinalIgnoreCase)
            ? new SelfExecutable(processPath, [assembly])
            : new SelfExecutable(processPath, []);
}
