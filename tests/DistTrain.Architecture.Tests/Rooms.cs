using System.Text.RegularExpressions;

namespace DistTrain.Architecture.Tests;

/// <summary>The namespaces of a project, and which of them need which others.</summary>
internal sealed partial class Rooms
{
    private readonly Dictionary<string, HashSet<string>> _needs = [];

    /// <param name="files">The sources, each with its text.</param>
    public Rooms(IEnumerable<string> files)
    {
        var sources = files.Select(text => (Name: Namespace().Match(text).Groups["name"].Value, Text: Noise().Replace(text, ""))).Where(source => source.Name.Length > 0).ToList();
        var types = sources.ToLookup(source => source.Name, source => Type().Matches(source.Text).Select(type => type.Groups["name"].Value).ToList());
        foreach (var own in types.Select(room => room.Key))
        {
            var text = string.Join('\n', sources.Where(source => source.Name == own).Select(source => source.Text));
            _needs[own] = [.. types.Select(room => room.Key).Where(other => other != own && Names(text, own, other, types[other].SelectMany(names => names)))];
        }
    }

    /// <summary>Each room that needs another, "Jobs.Driving → Jobs".</summary>
    public IEnumerable<string> Needs => _needs.SelectMany(room => room.Value.Select(other => $"{Short(room.Key)} → {Short(other)}"));

    /// <summary>A way that leads from a room back to itself, over needs that are not left out; null: the rooms have an order.</summary>
    public string? Circle(IReadOnlyCollection<string> leftOut)
    {
        var done = new HashSet<string>();
        return _needs.Keys.Select(room => Back(room, [])).FirstOrDefault(circle => circle is not null);

        string? Back(string room, List<string> way)
        {
            if (way.IndexOf(room) is >= 0 and var start)
                return string.Join(" → ", way.Skip(start).Append(room).Select(Short));
            if (done.Contains(room))
                return null;
            way.Add(room);
            var circle = _needs[room].Where(other => !leftOut.Contains($"{Short(room)} → {Short(other)}")).Select(other => Back(other, way)).FirstOrDefault(found => found is not null);
            way.RemoveAt(way.Count - 1);
            done.Add(room);
            return circle;
        }
    }

    /// <summary>By a using of it, or by a type of it: behind its last name, or alone in a room inside it, which sees it without saying so.</summary>
    private static bool Names(string text, string own, string other, IEnumerable<string> types)
    {
        if (Regex.IsMatch(text, $@"^using {Regex.Escape(other)};|^using (static |\w+ = ){Regex.Escape(other)}\.\w+;", RegexOptions.Multiline | RegexOptions.ExplicitCapture))
            return true;
        var before = own.StartsWith(other + ".", StringComparison.Ordinal) ? @"(?<![\w.])" : $@"\b{other.Split('.')[^1]}\.";
        return types.Any(type => text.Contains(type, StringComparison.Ordinal) && Regex.IsMatch(text, $@"{before}{type}\b"));
    }

    private static string Short(string room) => string.Join('.', room.Split('.').Skip(2)) is { Length: > 0 } inner ? inner : "(root)";

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^(public|internal)( \w+)*? (class|record|struct|enum|interface|delegate \w+) (struct |class )?(?<name>\w+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Type();

    /// <summary>Comments, and texts on one line.</summary>
    [GeneratedRegex(@"//.*$|""(\\.|[^""\\\n])*""", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Noise();
}
