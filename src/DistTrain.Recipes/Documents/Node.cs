namespace DistTrain.Recipes.Documents;

/// <summary>A part of the document as it was written: nothing is interpreted yet.</summary>
internal abstract class Node(Origin origin)
{
    public Origin Origin { get; } = origin;

    /// <summary>True for an empty value and <c>null</c>: the key counts as not given.</summary>
    public virtual bool IsNull => false;
}

/// <summary>A single value.</summary>
internal sealed class ScalarNode(Origin origin, string text, bool isQuoted) : Node(origin)
{
    public string Text { get; } = text;

    /// <summary>True for quoted and block scalars: they are text, never a number, a flag or null.</summary>
    public bool IsQuoted { get; } = isQuoted;

    public override bool IsNull => !IsQuoted && Text is ("" or "null" or "Null" or "NULL");

    /// <summary>Why it is refused whatever is asked for: readers of YAML differ over it. Null: they agree.</summary>
    public string? Ambiguity => IsQuoted ? null : AmbiguousScalar.Problem(Text);
}

/// <summary>A list.</summary>
internal sealed class ListNode(Origin origin, IReadOnlyList<Node> items) : Node(origin)
{
    public IReadOnlyList<Node> Items { get; } = items;
}

/// <summary>A section: keys with values, in the order written.</summary>
internal sealed class MapNode(Origin origin) : Node(origin)
{
    private readonly List<MapEntry> _entries = [];
    private readonly Dictionary<string, int> _places = [];

    public IReadOnlyList<MapEntry> Entries => _entries;

    /// <summary>The value of <paramref name="key"/>, or null when it is absent or written as null.</summary>
    public Node? Find(string key) => Entry(key)?.Value is { IsNull: false } value ? value : null;

    /// <summary>The entry of <paramref name="key"/>, also when its value is null.</summary>
    public MapEntry? Entry(string key) => _places.TryGetValue(key, out var place) ? _entries[place] : null;

    /// <summary>Adds <paramref name="key"/>, or replaces its value and where it came from.</summary>
    public void Set(string key, Origin origin, Node value)
    {
        var entry = new MapEntry(key, origin, value);
        if (_places.TryGetValue(key, out var place))
        {
            _entries[place] = entry;
            return;
        }

        _places[key] = _entries.Count;
        _entries.Add(entry);
    }
}

/// <param name="Key">The key as written.</param>
/// <param name="Origin">Where the key stands.</param>
/// <param name="Value">Its value.</param>
internal sealed record MapEntry(string Key, Origin Origin, Node Value);
