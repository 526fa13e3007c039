using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DistTrain.Recipes.Documents;

/// <summary>
/// Reads YAML into <see cref="Node"/>s that know their lines. It works on the parser's events rather than on YamlDotNet's
/// node tree because that tree throws at the first duplicated key and resolves aliases before anyone can refuse them.
/// </summary>
internal sealed class DocumentReader
{
    /// <summary>Bytes of UTF-8 in a document, at most: 256 KiB. A job file has a few hundred.</summary>
    public const int MaximumBytes = 256 * 1024;

    private readonly IReadOnlyList<ParsingEvent> _events;
    private readonly Origin _origin;
    private readonly Findings _findings;
    private int _next;

    private DocumentReader(IReadOnlyList<ParsingEvent> events, Origin origin, Findings findings)
    {
        _events = events;
        _origin = origin;
        _findings = findings;
    }

    /// <summary>The document, or null when it cannot be read: the findings then say why.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="origin">What all its nodes come from; lines are filled in unless it is an override.</param>
    /// <param name="path">Path of the key whose value the text is; empty for a whole file.</param>
    /// <param name="findings">Receives the problems.</param>
    public static Node? Read(string yaml, Origin origin, string path, Findings findings)
    {
        if (Encoding.UTF8.GetByteCount(yaml) > MaximumBytes)
        {
            findings.Add(origin, path, $"is larger than {MaximumBytes / 1024} KiB, the most that a job file may have");
            return null;
        }

        var (events, at, reason) = YamlEvents.Read(yaml.TrimStart('\uFEFF'));
        if (events is null)
        {
            findings.Add(SyntaxProblem.Of(reason, at, yaml, origin, path), origin.IsOverride);
            return null;
        }

        var reader = new DocumentReader(events, origin, findings);
        return reader.Refuses(path) ? null : reader.Document(path);
    }

    /// <summary>Refuses what a job file has no use for, before any tree is built of it.</summary>
    private bool Refuses(string path)
    {
        var refused = 0;
        void Refuse(ParsingEvent at, string rule, string? value = null)
        {
            refused++;
            _findings.Add(At(at), path, rule, value);
        }

        foreach (var e in _events)
        {
            if (e is AnchorAlias alias)
                Refuse(e, "job files have no aliases; write the value out (or quote it, when the * is meant)", $"*{alias.Value}");
            if (e is NodeEvent { Anchor.IsEmpty: false } anchored)
                Refuse(e, "job files have no anchors; write the value where it is used (or quote it, when the & is meant)", $"&{anchored.Anchor}");
            if (e is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag })
                Refuse(e, "job files have no tags; write the value alone (or quote it, when the ! is meant)", tag.Value);
        }

        foreach (var second in _events.OfType<DocumentStart>().Skip(1))
            Refuse(second, "another document starts here; a job file holds one");
        return refused > 0;
    }

    private ParsingEvent Take() => _events[_next++];

    private Node Document(string path)
    {
        Take();
        return Take() is DocumentStart ? Value(path) : new ScalarNode(_origin, "", isQuoted: false);
    }

    private Node Value(string path) => Take() switch
    {
        SequenceStart start => List(start, path),
        MappingStart start => Map(start, path),
        Scalar scalar => new ScalarNode(At(scalar), scalar.Value, scalar.Style is not ScalarStyle.Plain),
        var e => throw new InvalidOperationException($"{e} stands where a value should"),
    };

    private ListNode List(ParsingEvent start, string path)
    {
        var items = new List<Node>();
        while (_events[_next] is not SequenceEnd)
            items.Add(Value($"{path}[{items.Count}]"));
        Take();
        return new ListNode(At(start), items);
    }

    private MapNode Map(ParsingEvent start, string path)
    {
        var map = new MapNode(At(start));
        while (_events[_next] is not MappingEnd)
        {
            var key = Value(path);
            var name = (key as ScalarNode)?.Text ?? "";
            var value = Value(path.Length == 0 ? name : $"{path}.{name}");
            if (key is not ScalarNode)
                _findings.Add(key.Origin, path, "has a list or section in the place of a key; keys are plain names");
            else if (map.Entry(name) is { } first)
                _findings.Add(key.Origin, path, $"is given twice{Before(first)}; keep one", name);
            else
                map.Set(name, key.Origin, value);
        }

        Take();
        return map;
    }

    private static string Before(MapEntry first) => first.Origin.Line is { } line ? $", first on line {line}" : "";

    private Origin At(ParsingEvent start) => _origin.IsOverride ? _origin : _origin with { Line = (int)start.Start.Line };
}
