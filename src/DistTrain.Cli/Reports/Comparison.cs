using DistTrain.Page.Data;

namespace DistTrain.Cli.Reports;

/// <summary>What is to be said of runs that are shown beside each other.</summary>
internal static class Comparison
{
    private const string Model = "spec.model.", Data = "spec.dataset.name";

    /// <summary>One sentence each; none where there is nothing to beware of.</summary>
    public static IReadOnlyList<string> Notes(IReadOnlyList<RunPage> runs)
    {
        List<string> notes = [];
        if (Differ(runs, key => key.StartsWith(Model, StringComparison.Ordinal)) is { } models)
            notes.Add($"These runs train different models ({models}): losses and accuracies can be compared, gradient norms and learning rates say nothing of each other.");
        if (Differ(runs, key => key == Data) is { } data)
            notes.Add($"These runs train on different data ({data}): no figure of one says anything of another.");
        foreach (var run in runs.Where(run => run.Series.Steps.Step.Count == 0))
            notes.Add($"{run.Name} has no step yet.");
        return runs.Count > 1 ? notes : [];
    }

    /// <summary>The keys in which runs differ, each with its values; null: in none.</summary>
    private static string? Differ(IReadOnlyList<RunPage> runs, Func<string, bool> isAsked)
    {
        var found = runs.SelectMany(run => run.Keys.Keys).Where(isAsked).Distinct()
            .Select(key => (Key: key, Values: runs.Select(run => run.Keys.GetValueOrDefault(key, "none")).Distinct().ToList()))
            .Where(key => key.Values.Count > 1)
            .Select(key => $"{key.Key["spec.".Length..]}: {string.Join(", ", key.Values.Take(4))}")
            .ToList();
        return found.Count == 0 ? null : string.Join("; ", found.Take(3));
    }
}
