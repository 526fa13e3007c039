using System.Buffers;

namespace DistTrain.Protocol.Regions;

/// <summary>
/// Mapped memory as float32, behind the page with which a region begins. Whoever holds a part of it as <see cref="Memory{T}"/> keeps it mapped: it is given
/// back when the garbage collector finds that nobody does, since a read of memory that is not there would end the process.
/// </summary>
/// <param name="mapping">Where it is.</param>
/// <param name="length">Elements behind the first page.</param>
internal sealed unsafe class MappedMemory(Mapping mapping, int length) : MemoryManager<float>
{
    /// <summary>The first page.</summary>
    public Span<byte> Header => new((void*)mapping.DangerousGetHandle(), Environment.SystemPageSize);

    private float* First => (float*)(mapping.DangerousGetHandle() + Environment.SystemPageSize);

    public override Span<float> GetSpan() => new(First, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(First + elementIndex, pinnable: this);

    public override void Unpin()
    {
        // Mapped memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        // The last holder decides.
    }
}
