using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DistTrain.Optimization.Parameters;

/// <summary>float32 values as bytes in the order of files and hashes, whatever the processor's own order is.</summary>
internal static class LittleEndian
{
    /// <summary>Hands the values' bytes to <paramref name="take"/>, in blocks where they have to be turned around first.</summary>
    public static void Write(ReadOnlySpan<float> values, Action<ReadOnlySpan<byte>> take)
    {
        if (BitConverter.IsLittleEndian)
        {
            // A span counts bytes in an int: at most 2^29 - 1 floats at once.
            for (; values.Length > 0; values = values[Math.Min(values.Length, 1 << 28)..])
                take(MemoryMarshal.AsBytes(values[..Math.Min(values.Length, 1 << 28)]));
            return;
        }

        var block = new byte[64 << 10];
        for (; values.Length > 0; values = values[Math.Min(values.Length, block.Length / 4)..])
        {
            var part = values[..Math.Min(values.Length, block.Length / 4)];
            for (var i = 0; i < part.Length; i++)
                BinaryPrimitives.WriteSingleLittleEndian(block.AsSpan(i * 4), part[i]);
            take(block.AsSpan(0, part.Length * 4));
        }
    }

    /// <summary>Fills <paramref name="values"/> from the stream.</summary>
    /// <exception cref="EndOfStreamException">The stream ends first.</exception>
    public static void Read(Stream stream, Span<float> values)
    {
        for (var rest = values; rest.Length > 0; rest = rest[Math.Min(rest.Length, 1 << 28)..])
            stream.ReadExactly(MemoryMarshal.AsBytes(rest[..Math.Min(rest.Length, 1 << 28)]));
        if (BitConverter.IsLittleEndian)
            return;
        var words = MemoryMarshal.Cast<float, uint>(values);
        BinaryPrimitives.ReverseEndianness(words, words);
    }
}
