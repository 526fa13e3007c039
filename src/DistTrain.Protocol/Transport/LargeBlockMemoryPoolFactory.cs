using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// Gives Kestrel pinned 128 KiB blocks instead of its own 4 KiB ones: fewer, larger receives are what makes a stream of
/// gradients fast (a third off a step of 2 × 4.8 MB, and less processor time). One factory a process; see
/// <see cref="TransportSetup.AddLargeBlocks"/>.
/// </summary>
/// <remarks>
/// All pools of one factory share one stock of free blocks, because Kestrel asks for a pool per socket queue and the bound is
/// meant for the process. The bound is on blocks that lie free: blocks in use are bounded by Kestrel's flow control. Blocks
/// returned beyond it are left to the garbage collector, and so are blocks that nobody needed for a whole idle period.
/// </remarks>
public sealed class LargeBlockMemoryPoolFactory : IMemoryPoolFactory<byte>, IDisposable
{
    /// <summary>Bytes in a block.</summary>
    public const int BlockSize = 128 * 1024;

    /// <summary>Free blocks kept by default: 64 MiB.</summary>
    public const int DefaultKept = 512;

    /// <summary>How long a free block may lie unneeded by default.</summary>
    public static readonly TimeSpan DefaultIdlePeriod = TimeSpan.FromSeconds(30);

    private readonly LargeBlockStore _store;

    /// <param name="time">Drives the idle period.</param>
    public LargeBlockMemoryPoolFactory(TimeProvider time)
        : this(time, DefaultKept, DefaultIdlePeriod)
    {
    }

    /// <param name="time">Drives the idle period.</param>
    /// <param name="kept">Most free blocks kept; 0 keeps none.</param>
    /// <param name="idlePeriod">A block free for one to two of these is let go.</param>
    public LargeBlockMemoryPoolFactory(TimeProvider time, int kept, TimeSpan idlePeriod)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfNegative(kept);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(idlePeriod, TimeSpan.Zero);
        _store = new LargeBlockStore(time, BlockSize, kept, idlePeriod);
    }

    /// <summary>Blocks that lie free now.</summary>
    public int FreeBlocks => _store.Free;

    /// <summary>Blocks allocated since the start, one-off arrays not counted: steady in a steady load.</summary>
    public long AllocatedBlocks => _store.Allocated;

    /// <summary>A pool on the shared stock; disposing it stops its rentals and leaves the stock alone.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new LargeBlockMemoryPool(_store);

    /// <summary>Lets all free blocks go; blocks still in use follow when they are returned.</summary>
    public void Dispose() => _store.Dispose();
}
