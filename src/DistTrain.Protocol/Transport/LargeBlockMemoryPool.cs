using System.Buffers;

namespace DistTrain.Protocol.Transport;

/// <summary>One owner's view of the shared stock of blocks. Thread-safe.</summary>
internal sealed class LargeBlockMemoryPool(LargeBlockStore store) : MemoryPool<byte>
{
    private volatile bool _disposed;

    /// <summary>
    /// Bytes in a block. Larger rentals work, but are not pooled here: pipes read this figure and take such buffers from the
    /// shared array pool instead.
    /// </summary>
    public override int MaxBufferSize => store.BlockSize;

    /// <param name="minBufferSize">Bytes wanted at least; -1 for a block. More than a block gives a one-off array.</param>
    /// <exception cref="ArgumentOutOfRangeException">Below -1, or more than an array can hold.</exception>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(minBufferSize, -1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, Array.MaxLength);
        return minBufferSize <= store.BlockSize
            ? new LargeBlock(store.Take(), store)
            : new LargeBlock(GC.AllocateUninitializedArray<byte>(minBufferSize, pinned: true), store: null);
    }

    protected override void Dispose(bool disposing) => _disposed = true;
}
