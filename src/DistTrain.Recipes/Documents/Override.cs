namespace DistTrain.Recipes.Documents;

/// <summary>
/// One <c>--set path=value</c>: writes a YAML value over the document, before anything is validated. Paths may leave out
/// <c>spec.</c>; missing sections are made; the last of several for one path wins.
/// </summary>
internal sealed class Override
{
    private readonly Origin _origin;
    private readonly IReadOnlyList<string> _keys;
    private readonly Node _value;

    private Override(Origin origin, IReadOnlyList<string> keys, Node value)
    {
        _origin = origin;
        _keys = keys;
        _value = value;
    }

    /// <summary>The override written as <paramref name="text"/>, or null when it cannot be read.</summary>
    public static Override? Parse(string text, Findings findings)
    {
        var origin = Origin.OfOverride(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var path = equals < 0 ? "" : text[..equals].Trim();
        if (path.Split('.').Any(key => key.Trim().Length == 0))
        {
            findings.Add(origin, "", "is not of the form path=value, e.g. optimizer.lr=0.1");
            return null;
        }

        path = FullPath(path);
        var value = DocumentReader.Read(text[(equals + 1)..], origin, path, findings);
        if (value is ScalarNode { Text: "", IsQuoted: false })
        {
            findings.Add(origin, path, "has no value; write one behind '=', or null for the default");
            return null;
        }

        return value is null ? null : new Override(origin, path.Split('.'), value);
    }

    /// <summary>Writes the value into <paramref name="root"/>.</summary>
    public void ApplyTo(MapNode root, Findings findings)
    {
        var map = root;
        for (var i = 0; i < _keys.Count - 1; i++)
        {
            switch (map.Find(_keys[i]))
            {
                case MapNode inner:
                    map = inner;
                    break;
                case null:
                    var made = new MapNode(_origin);
                    map.Set(_keys[i], _origin, made);
                    map = made;
                    break;
                default:
                    var path = string.Join('.', _keys.Take(i + 1));
                    findings.Add(_origin, path, $"is not a section, so nothing in it can be set; set it as a whole: {path}=…");
                    return;
            }
        }

        map.Set(_keys[^1], _origin, _value);
    }

    private static string FullPath(string path) =>
        path.Split('.')[0] is "apiVersion" or "kind" or "metadata" or "spec" ? path : $"spec.{path}";
}
