using DistTrain.ParameterServer.Files;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>One call of a disk, from 1.</summary>
internal sealed record DiskCall(int Number, string What, string Path);

/// <summary>
/// A folder of the real disk that keeps, after each call, the state that a crash would find. It flushes nothing itself: the state tells what is safe.
/// </summary>
/// <param name="root">The folder.</param>
/// <param name="start">What is in it.</param>
internal class RecordedDisk(string root, DiskState start) : Disk
{
    private readonly Lock _gate = new();
    private readonly List<(DiskCall Call, DiskState After)> _calls = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DiskState _state = start;
    private int _number;

    public RecordedDisk(string root)
        : this(root, new DiskState())
    {
    }

    /// <summary>What a call throws instead of doing anything, or null.</summary>
    public Func<DiskCall, IOException?> Fault { get; set; } = _ => null;

    /// <summary>Some call has failed.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Calls so far, with the state after each.</summary>
    public IReadOnlyList<(DiskCall Call, DiskState After)> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    public DiskState State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    public override void CreateFolder(string path) => Do("create folder", path, name =>
    {
        // The servers of a folder make it together; who comes second makes nothing.
        if (Directory.Exists(path))
            return _state;
        base.CreateFolder(path);
        return _state.WithFolder(name);
    });

    public override Stream Create(string path)
    {
        Stream? file = null;
        Do("create", path, name =>
        {
            file = base.Create(path);
            return _state.WithFile(name, []);
        });
        return new RecordedStream(this, path, file!);
    }

    public override Stream Append(string path) => new RecordedStream(this, path, base.Append(path));

    public override void Flush(Stream file) => Do("flush", PathOf(file), name => _state.Flushed(name));

    public override void Move(string from, string to) => Do("move", to, name =>
    {
        base.Move(from, to);
        return _state.Moved(Relative(from), name);
    });

    public override void Delete(string path) => Do("delete", path, name =>
    {
        base.Delete(path);
        return _state.Deleted(name);
    });

    public override void DeleteFolder(string path) => Do("delete folder", path, name =>
    {
        base.DeleteFolder(path);
        return _state.Deleted(name);
    });

    public override void FlushFolder(string path) => Do("flush folder", path, name =>
    {
        if (!Directory.Exists(path))
            throw new DirectoryNotFoundException(path);
        // What lies above the folder is not told of.
        return name.StartsWith("..", StringComparison.Ordinal) ? _state : _state.FolderFlushed(name);
    });

    protected static string PathOf(Stream file) => ((RecordedStream)file).Path;

    private string Relative(string path)
    {
        var relative = Path.GetRelativePath(root, path);
        return relative == "." ? string.Empty : relative;
    }

    private void Do(string what, string path, Func<string, DiskState> act)
    {
        lock (_gate)
        {
            var name = Relative(path);
            var call = new DiskCall(++_number, what, name);
            if (Fault(call) is { } fault)
            {
                _failed.TrySetResult();
                throw fault;
            }

            _state = act(name);
            _calls.Add((call, _state));
        }
    }

    /// <summary>An open file; each write is a call.</summary>
    private sealed class RecordedStream(RecordedDisk disk, string path, Stream inner) : Stream
    {
        public string Path => path;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var bytes = buffer.ToArray();
            disk.Do("write", path, name =>
            {
                inner.Write(bytes);
                return disk._state.Written(name, bytes);
            });
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
