using System.Buffers.Binary;
using System.Numerics;

namespace DistTrain.Protocol.TensorBoard;

/// <summary>
/// A record of an event file (the TFRecord format): length as uint64, its masked CRC32C, the data, theirs; little-endian.
/// </summary>
internal static class EventRecord
{
    /// <summary>A checksum over data that hold checksums is weak; so it is turned and moved before it is stored.</summary>
    private const uint MaskDelta = 0xa282ead8;

    public static void Write(Stream to, ReadOnlySpan<byte> data)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        Span<byte> crc = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)data.Length);
        to.Write(length);
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Masked(length));
        to.Write(crc);
        to.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(crc, Masked(data));
        to.Write(crc);
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
            crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }
}
