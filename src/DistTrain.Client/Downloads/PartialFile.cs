namespace DistTrain.Client.Downloads;

/// <summary>A file under a temporary name, renamed when it is complete and deleted when it never is.</summary>
internal sealed class PartialFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private bool _complete;

    private PartialFile(string path)
    {
        _path = path;
        _temporary = path + ".part";
        _stream = new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
    }

    /// <summary>Opens the temporary file next to <paramref name="path"/>, making folders as needed.</summary>
    public static PartialFile Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new PartialFile(path);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancel) => _stream.WriteAsync(data, cancel);

    /// <summary>Brings all to the disk, then gives the file its name.</summary>
    public async Task CompleteAsync(CancellationToken cancel)
    {
        await _stream.FlushAsync(cancel).ConfigureAwait(false);
        _stream.Flush(flushToDisk: true);
        await _stream.DisposeAsync().ConfigureAwait(false);
        File.Move(_temporary, _path, overwrite: true);
        _complete = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        if (!_complete)
            File.Delete(_temporary);
    }
}
