namespace DistTrain.Page.Data;

/// <summary>
/// The log of a run in its folder. Lines are added and never taken back: where the history is cut back to a checkpoint, the log says so. It ends at
/// <see cref="MostLines"/>, and a run goes on where its log can't be written. Any thread may add to it.
/// </summary>
public sealed class RunLog : IDisposable
{
    /// <summary>Name of the file in a run's folder.</summary>
    public const string FileName = "log.jsonl";

    /// <summary>Nothing is kept behind so many lines but one that says so.</summary>
    public const int MostLines = 5000;

    private readonly Lock _gate = new();
    private readonly int _most;
    private StreamWriter? _file;
    private int _lines;

    private RunLog(StreamWriter? file, int lines, int most) => (_file, _lines, _most) = (file, lines, most);

    /// <summary>Goes on with the log of a folder, or begins one.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="most">Lines that it may have.</param>
    public static RunLog Open(string folder, int most = MostLines)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var text = File.Exists(path) ? File.ReadAllText(path) : "";
            var file = new StreamWriter(path, append: true) { AutoFlush = true };
            // A kill may have cut the last line off.
            if (text.Length > 0 && text[^1] != '\n')
                file.Write('\n');
            return new RunLog(file, text.Count(c => c == '\n'), most);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new RunLog(null, 0, most);
        }
    }

    /// <summary>The lines of a folder's log that can be read; null where there is none.</summary>
    public static IReadOnlyList<RunLogLine>? Read(string folder)
    {
        try
        {
            return [.. File.ReadLines(Path.Combine(folder, FileName)).Take(MostLines + 1).Select(RunLogLine.FromJson).OfType<RunLogLine>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Add(RunLogLine line)
    {
        lock (_gate)
        {
            if (_file is null || _lines > _most)
                return;
            try
            {
                _file.WriteLine((_lines < _most ? line : line with { Kind = RunLogKind.Note, Text = $"the log ends here: it has {_most} lines", Redone = 0 }).ToJson());
                _lines++;
            }
            catch (IOException)
            {
                // The run is what it is without it.
                Close();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
            Close();
    }

    private void Close()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // What the disk had no room for is lost.
        }

        _file = null;
    }
}
