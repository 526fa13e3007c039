using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Reports the keys of a document that the table of keys does not have. Those of policies are their reader's to judge.</summary>
internal static class UnknownKeys
{
    /// <summary>All paths; options of policies first, because a lone <c>momentum</c> means the optimizer's.</summary>
    private static readonly IReadOnlyList<string> Everywhere =
    [
        .. JobKeys.All.SelectMany(k => k.Rule is PolicyRule rule ? rule.Catalog.Policies.SelectMany(p => p.Options).Select(o => $"{k.Path}.{o.Name}") : []),
        .. JobKeys.All.Where(k => k.Rule is not SectionRule).Select(k => k.Path),
    ];

    /// <summary>Checks <paramref name="map"/> and the sections in it.</summary>
    /// <param name="map">The document or a section.</param>
    /// <param name="path">Its path; empty for the document.</param>
    /// <param name="findings">Receives the problems.</param>
    public static void Check(MapNode map, string path, Findings findings) => Check(map, path, JobKeys.All, findings);

    /// <summary>The same by another table of keys.</summary>
    public static void Check(MapNode map, string path, IReadOnlyList<JobKey> table, Findings findings)
    {
        var known = table.Where(key => key.Section == path).ToDictionary(k => k.Name);
        foreach (var entry in map.Entries)
        {
            var entryPath = path.Length == 0 ? entry.Key : $"{path}.{entry.Key}";
            if (!known.TryGetValue(entry.Key, out var key))
                findings.Add(entry.Origin, entryPath, $"is not a key of {Place(path)}; use one of {string.Join(", ", known.Keys)}", entry.Key, Suggest(entry.Key, known.Keys));
            else if (key.Rule is SectionRule section && !entry.Value.IsNull && section.Read(entry.Value, entryPath, findings) is MapNode inner && section is not PolicyRule)
                Check(inner, entryPath, table, findings);
        }
    }

    private static string Place(string path) => path.Length == 0 ? "a job file" : path;

    /// <summary>A key of that very name in another section says more than a similar one here: <c>lr</c> is <c>spec.optimizer.lr</c>.</summary>
    private static string? Suggest(string key, IReadOnlyCollection<string> known)
    {
        if (known.FirstOrDefault(name => NearestName.Same(name, key)) is { } same)
            return same;
        var elsewhere = Everywhere
            .Where(path => NearestName.Same(path[(path.LastIndexOf('.') + 1)..], key) || NearestName.Same(path, key) || NearestName.Same(path, $"spec.{key}"))
            .MinBy(path => path.Count(c => c == '.'));
        return elsewhere ?? NearestName.Of(key, [.. known]);
    }
}
