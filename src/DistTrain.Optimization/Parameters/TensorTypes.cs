using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace DistTrain.Optimization.Parameters;

/// <summary>The element types that become float32 without loss.</summary>
internal static class TensorTypes
{
    public const string Float32 = "F32";

    private const string Float16 = "F16";

    private const string BFloat16 = "BF16";

    /// <summary>In words, for errors.</summary>
    public const string Known = "F32, F16 or BF16";

    public static bool IsKnown(string type) => type is Float32 or Float16 or BFloat16;

    /// <summary>Fills <paramref name="values"/> from the stream, where they are of <paramref name="type"/>, little-endian.</summary>
    /// <exception cref="EndOfStreamException">The stream ends first.</exception>
    public static void Read(Stream stream, string type, Span<float> values)
    {
        if (type == Float32)
        {
            LittleEndian.Read(stream, values);
            return;
        }

        var halves = new ushort[values.Length];
        stream.ReadExactly(MemoryMarshal.AsBytes(halves.AsSpan()));
        if (!BitConverter.IsLittleEndian)
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(halves, halves);
        if (type == Float16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<ushort, Half>(halves), values);
            return;
        }

        // bfloat16 is the upper half of a float32.
        for (var i = 0; i < halves.Length; i++)
            values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
    }
}
