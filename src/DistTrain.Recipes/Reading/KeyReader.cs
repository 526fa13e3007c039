using System.Globalization;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Looks the keys of the table up in a document.</summary>
internal sealed class KeyReader(MapNode root, Findings findings)
{
    /// <summary>What stands at <paramref name="path"/>; null when nothing, or null, does.</summary>
    public Node? At(string path)
    {
        Node? node = root;
        foreach (var key in path.Split('.'))
            node = (node as MapNode)?.Find(key);
        return node;
    }

    /// <summary>Where a problem about <paramref name="path"/> is best shown: at the key, or at the nearest section or item of a list around it.</summary>
    public Origin OriginOf(string path)
    {
        Node? node = root;
        var origin = root.Origin;
        foreach (var key in path.Split('.', '['))
        {
            (node, var at) = (node, key) switch
            {
                (MapNode map, _) when map.Entry(key) is { } entry => (entry.Value, entry.Origin),
                (ListNode list, [.. var place, ']']) when list.Items.ElementAtOrDefault(int.Parse(place, CultureInfo.InvariantCulture)) is { } item => (item, item.Origin),
                _ => (null, null),
            };
            if (at is null)
                break;
            origin = at;
        }

        return origin;
    }

    public bool IsGiven(JobKey key) => At(key.Path) is not null;

    /// <summary>The value as the key's rule reads it, or its default; null when there is neither or the value is not allowed.</summary>
    public object? Value(JobKey key) => At(key.Path) is { } node ? key.Rule.Read(node, key.Path, findings) : key.Default;

    public string? Text(JobKey key) => (string?)Value(key);

    public long? Whole(JobKey key) => (long?)Value(key);

    /// <summary>A whole number whose rule keeps it within an int.</summary>
    public int? Count(JobKey key) => (int?)Whole(key);

    public double? Number(JobKey key) => (double?)Value(key);

    /// <summary>The policy of a section; null when something is wrong with it.</summary>
    public PolicyRecipe? Policy(JobKey key) =>
        PolicyReader.Read(At(key.Path) as MapNode, key.Path, OriginOf(key.Path), ((PolicyRule)key.Rule).Catalog, findings);
}
