namespace DistTrain.Protocol.Transport;

/// <summary>
/// The free blocks of a process. Last in, first out, so that a light load stays on few blocks that are warm in the cache, and the
/// bottom of the stack is what nobody needs. Thread-safe.
/// </summary>
internal sealed class LargeBlockStore : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = new();
    private readonly int _kept;
    private readonly ITimer _idle;
    private int _fewestFree;
    private long _allocated;
    private bool _disposed;

    public LargeBlockStore(TimeProvider time, int blockSize, int kept, TimeSpan idlePeriod)
    {
        BlockSize = blockSize;
        _kept = kept;
        _idle = time.CreateTimer(static store => ((LargeBlockStore)store!).LetIdleGo(), this, idlePeriod, idlePeriod);
    }

    /// <summary>Bytes in a block.</summary>
    public int BlockSize { get; }

    public int Free
    {
        get
        {
            lock (_lock)
                return _free.Count;
        }
    }

    public long Allocated => Interlocked.Read(ref _allocated);

    public byte[] Take()
    {
        lock (_lock)
        {
            if (_free.TryPop(out var block))
            {
                _fewestFree = Math.Min(_fewestFree, _free.Count);
                return block;
            }
        }

        Interlocked.Increment(ref _allocated);
        return GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true);
    }

    public void Return(byte[] block)
    {
        lock (_lock)
        {
            if (!_disposed && _free.Count < _kept)
                _free.Push(block);
        }
    }

    public void Dispose()
    {
        _idle.Dispose();
        lock (_lock)
        {
            _disposed = true;
            _free.Clear();
        }
    }

    /// <summary>The fewest blocks that lay free at any moment of the period are the blocks that the period did without.</summary>
    private void LetIdleGo()
    {
        lock (_lock)
        {
            for (var i = 0; i < _fewestFree; i++)
                _free.Pop();
            _fewestFree = _free.Count;
            if (_free.Count == 0)
                _free.TrimExcess();
        }
    }
}
