using Google.Protobuf;

namespace DistTrain.Protocol.Regions;

/// <summary>A <see cref="Slot"/> of this process. For one thread at a time.</summary>
public sealed unsafe class OutgoingSlot : IDisposable
{
    private readonly SharedRegion _region;

    private OutgoingSlot(SharedRegion region) => _region = region;

    /// <summary>What another process has to know to see it.</summary>
    public Region Offer => _region.Offer;

    /// <summary>A slot, or null where there is to be none or can't be.</summary>
    /// <param name="sharing">Whether this process shares memory.</param>
    /// <param name="bytes">Of the largest message.</param>
    /// <param name="what">What will be in it, for the log.</param>
    public static OutgoingSlot? TryCreate(MemorySharing sharing, int bytes, string what)
    {
        ArgumentNullException.ThrowIfNull(sharing);
        return LinuxMemory.CanWait && sharing.TryCreate(Slot.Elements(bytes), what) is { } region ? new OutgoingSlot(region) : null;
    }

    /// <summary>True when somebody has read here what was answered: both see the same memory.</summary>
    public bool IsSeenBy(RegionAnswer? answer) => _region.IsSeenBy(answer);

    /// <summary>Writes a message, and wakes who waits for it. The one before must have been read.</summary>
    /// <returns>Bytes of it.</returns>
    /// <exception cref="ArgumentException">It is larger than the slot.</exception>
    public int Write(IMessage message)
    {
        var size = message.CalculateSize();
        var body = Slot.Body(_region.Memory.Span);
        if (size > body.Length)
            throw new ArgumentException($"a message of {size} bytes in a slot of {body.Length}", nameof(message));
        message.WriteTo(body[..size]);
        // A region is mapped memory and does not move.
        fixed (int* header = Slot.Header(_region.Memory.Span))
        {
            header[1] = size;
            Volatile.Write(ref header[0], header[0] + 1);
            LinuxMemory.Wake(header);
        }

        return size;
    }

    /// <summary>Ends the offer.</summary>
    public void Dispose() => _region.Dispose();
}
