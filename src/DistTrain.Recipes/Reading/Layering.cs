using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Lays one document under another: what the upper one says stays, what it leaves out, or writes as null, is taken from the lower.</summary>
internal static class Layering
{
    /// <param name="upper">Receives what it lacks.</param>
    /// <param name="lower">The layer below.</param>
    /// <param name="path">Path of both; empty for whole documents.</param>
    public static void Under(MapNode upper, MapNode lower, string path)
    {
        foreach (var entry in lower.Entries)
        {
            var entryPath = path.Length == 0 ? entry.Key : $"{path}.{entry.Key}";
            if (upper.Find(entry.Key) is not { } own)
            {
                if (!IsOtherLength(upper, entryPath))
                    upper.Set(entry.Key, entry.Origin, Copy(entry.Value));
            }
            else if (own is MapNode section && entry.Value is MapNode below && !IsOtherPolicy(section, below, entryPath))
            {
                Under(section, below, entryPath);
            }
        }
    }

    /// <summary>Options belong to a policy: where the upper layer names another one, the lower one's do not apply.</summary>
    private static bool IsOtherPolicy(MapNode upper, MapNode lower, string path) =>
        path == JobKeys.Batch.Path
        || (JobKeys.All.Any(k => k.Path == path && k.Rule is PolicyRule)
            && upper.Find("name") is ScalarNode own
            && own.Text != (lower.Find("name") as ScalarNode)?.Text);

    /// <summary>Epochs and steps exclude each other.</summary>
    private static bool IsOtherLength(MapNode spec, string path) =>
        (path == JobKeys.Epochs.Path && spec.Find(JobKeys.Steps.Name) is not null)
        || (path == JobKeys.Steps.Path && spec.Find(JobKeys.Epochs.Name) is not null);

    /// <summary>A layer may be laid under several documents; none may change it for the others.</summary>
    private static Node Copy(Node node)
    {
        if (node is not MapNode map)
            return node;
        var copy = new MapNode(map.Origin);
        foreach (var entry in map.Entries)
            copy.Set(entry.Key, entry.Origin, Copy(entry.Value));
        return copy;
    }
}
