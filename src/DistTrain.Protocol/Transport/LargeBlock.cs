using System.Buffers;
using System.Runtime.InteropServices;

namespace DistTrain.Protocol.Transport;

/// <summary>
/// One rental of a pinned array. A new object for each rental, so that a second <see cref="Dispose"/> cannot return a block that
/// somebody else has rented meanwhile.
/// </summary>
/// <param name="array">Pinned.</param>
/// <param name="store">Where the array goes back to, or null for a one-off array.</param>
internal sealed class LargeBlock(byte[] array, LargeBlockStore? store) : IMemoryOwner<byte>
{
    private byte[]? _array = array;

    /// <exception cref="ObjectDisposedException">The rental has ended.</exception>
    public Memory<byte> Memory
    {
        get
        {
            var rented = _array;
            ObjectDisposedException.ThrowIf(rented is null, this);
            return MemoryMarshal.CreateFromPinnedArray(rented, 0, rented.Length);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } returned)
            store?.Return(returned);
    }
}
