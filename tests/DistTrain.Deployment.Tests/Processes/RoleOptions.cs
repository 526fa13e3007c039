using DistTrain.Tests.Clusters;
using DistTrain.Tests.Processes;

namespace DistTrain.Deployment.Tests.Processes;

/// <summary>The options of <c>disttrain</c>'s long-running commands, as its help names them.</summary>
internal static class RoleOptions
{
    private static readonly string[] _roles = ["server", "worker", "operator"];

    // Asked for once.
    private static readonly Lazy<Task<IReadOnlyDictionary<string, HashSet<string>>>> _options = new(AskAsync);

    /// <summary>By command.</summary>
    public static Task<IReadOnlyDictionary<string, HashSet<string>>> ReadAsync() => _options.Value;

    private static async Task<IReadOnlyDictionary<string, HashSet<string>>> AskAsync()
    {
        var helps = await Task.WhenAll(_roles.Select(role => Tool.RunAsync(DistTrainProcess.Executable, role, "--help")));
        return _roles.Zip(helps).ToDictionary(pair => pair.First, pair => OptionsIn(pair.Second));
    }

    private static HashSet<string> OptionsIn(string help) =>
        [.. help.Split([' ', ',', '\n', '\r', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Where(word => word.StartsWith("--", StringComparison.Ordinal))];
}
