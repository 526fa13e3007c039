namespace DistTrain.Cli.Cluster;

/// <summary>The log file of one child, and its last lines in memory. Standard output and standard error are written from two threads.</summary>
internal sealed class ChildLog : IDisposable
{
    private const int Kept = 20;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lastLines = new();
    private readonly StreamWriter _writer;

    /// <param name="file">Opened for appending, so that a child started again goes on in the same file.</param>
    public ChildLog(string file) => _writer = new StreamWriter(file, append: true) { AutoFlush = true };

    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lock)
                return [.. _lastLines];
        }
    }

    public void Write(string line)
    {
        lock (_lock)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > Kept)
                _lastLines.Dequeue();
            try
            {
                _writer.WriteLine(line);
            }
            catch (IOException)
            {
                // A full disk must not stop the reading: the child would block on its pipe and hang the training.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _writer.Dispose();
    }
}
