using System.Text.Json.Nodes;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;

namespace DistTrain.Cli.Reports;

/// <summary>What was found of the landscape around a run's weights: files in its folder, which the page shows.</summary>
internal static class LandscapeReader
{
    /// <summary>The newest are shown, of each kind.</summary>
    private const int Most = 8;

    /// <summary>Losses of a slice: a page is no place for more.</summary>
    private const int MostLosses = 101 * 101;

    /// <summary>The files of <c>diagnose</c>, by step; null: none.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="notes">Gets what is no such file.</param>
    public static IReadOnlyList<JsonNode>? Diagnoses(RunFolder folder, List<string> notes) => In(folder, DiagnosisFile.Pattern, notes, file =>
    {
        _ = DiagnosisFile.Read(file);
        // Densities of single directions are not drawn.
        return Without(JsonNode.Parse(File.ReadAllText(file))!.AsObject(), "checkpoint", "file", "escape", "directions");
    });

    /// <summary>The files of <c>slice</c>, by step; null: none.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="notes">Gets what is no such file.</param>
    public static IReadOnlyList<JsonNode>? Slices(RunFolder folder, List<string> notes) => In(folder, SliceFile.Pattern, notes, file =>
    {
        var slice = SliceFile.Read(file);
        if (slice["losses"]!.AsArray().Count is var losses && losses > MostLosses)
            throw CommandException.BadInput($"{file}: {losses:N0} losses are more than a page shows ({MostLosses:N0}); the file has them");
        // Which weights it leads to is a name, where it was a path.
        if (slice["to"] is JsonValue name && name.TryGetValue<string>(out var to))
            slice["to"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(to));
        return Without(slice, "checkpoint", "file", "plot");
    });

    private static List<JsonNode>? In(RunFolder folder, string pattern, List<string> notes, Func<string, JsonNode> read)
    {
        List<JsonNode> found = [];
        foreach (var file in Directory.GetFiles(folder.FullPath, pattern).Order(StringComparer.Ordinal))
        {
            try
            {
                found.Add(read(file));
            }
            catch (CommandException e)
            {
                notes.AddRange(e.Problems.Select(problem => problem.Replace(folder.FullPath, Path.GetFileName(folder.FullPath), StringComparison.Ordinal)));
            }
        }

        return found.Count == 0 ? null : [.. found.OrderBy(StepOf).TakeLast(Most)];
    }

    /// <summary>A model file's has none, and comes last.</summary>
    private static long StepOf(JsonNode found) => found["step"] is JsonValue number && number.TryGetValue<long>(out var step) ? step : long.MaxValue;

    /// <summary>Paths are of the machine that looked.</summary>
    private static JsonObject Without(JsonObject found, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            found.Remove(key);
        return found;
    }
}
