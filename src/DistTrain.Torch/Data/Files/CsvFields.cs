namespace DistTrain.Torch.Data.Files;

/// <summary>
/// The fields of one line of comma-separated values (RFC 4180 without line breaks inside quotes): blanks around a field are
/// dropped, quotes around it too, and a doubled quote inside quotes stands for one.
/// </summary>
internal ref struct CsvFields(ReadOnlySpan<char> line)
{
    private ReadOnlySpan<char> _rest = line;
    private bool _ended;

    /// <summary>The field read last.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>Number of fields read so far: the 1-based column of <see cref="Current"/>.</summary>
    public int Column { get; private set; }

    /// <summary>All fields of a line.</summary>
    public static List<string> All(string line)
    {
        var all = new List<string>();
        var fields = new CsvFields(line);
        while (fields.Next())
            all.Add(fields.Current.ToString());
        return all;
    }

    /// <summary>Reads the next field; false behind the last one.</summary>
    public bool Next()
    {
        if (_ended)
            return false;

        _rest = _rest.TrimStart();
        var quoted = _rest.StartsWith('"');
        var quoteEnd = quoted ? EndOfQuotes(_rest) : 0;
        var comma = _rest[quoteEnd..].IndexOf(',');
        _ended = comma < 0;
        var end = _ended ? _rest.Length : quoteEnd + comma;
        Current = _rest[..end].TrimEnd();
        Column++;
        _rest = _ended ? [] : _rest[(end + 1)..];
        if (quoted && Current.Length >= 2 && Current.EndsWith('"'))
            Current = Unquote(Current[1..^1]);
        return true;
    }

    // Where the closing quote stands, or the line's end when it is missing: then the field keeps its quote and is no number.
    private static int EndOfQuotes(ReadOnlySpan<char> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] != '"')
                continue;
            if (i + 1 == text.Length || text[i + 1] != '"')
                return i;
            i++;
        }

        return text.Length;
    }

    private static ReadOnlySpan<char> Unquote(ReadOnlySpan<char> text) =>
        text.Contains('"') ? text.ToString().Replace("\"\"", "\"", StringComparison.Ordinal) : text;
}
