using System.Runtime.InteropServices;

namespace DistTrain.Protocol.Regions;

/// <summary>
/// Room for one message in memory that two processes see: its number, its length, its bytes. The owner writes the message, then the number, and wakes
/// who waits for that (futex(2)); the next one when it knows that this one was read: because it was answered.
/// </summary>
internal static class Slot
{
    /// <summary>Where the bytes begin: behind number and length.</summary>
    private const int Begin = 2 * sizeof(int);

    /// <summary>float32 in a region that has room for a message of so many bytes.</summary>
    public static long Elements(long bytes) => (Begin + bytes + sizeof(float) - 1) / sizeof(float);

    /// <summary>Number and length.</summary>
    public static ReadOnlySpan<int> Header(ReadOnlySpan<float> region) => MemoryMarshal.Cast<float, int>(region)[..2];

    /// <summary>Room for the bytes.</summary>
    public static Span<byte> Body(Span<float> region) => MemoryMarshal.AsBytes(region)[Begin..];

    /// <inheritdoc cref="Body(Span{float})"/>
    public static ReadOnlySpan<byte> Body(ReadOnlySpan<float> region) => MemoryMarshal.AsBytes(region)[Begin..];
}
