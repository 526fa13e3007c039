using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Optimization.Gradients;

/// <summary>
/// Sums of squares in float64. Blocks are fixed (<see cref="BlockLength"/> elements from the start of the span) and added in order, and so
/// are the lanes inside one (<see cref="SquareLanes"/>): the bits depend neither on threads nor on the processor's vectors.
/// </summary>
public static class SquaredNorm
{
    /// <summary>Elements in a block.</summary>
    public const int BlockLength = 4096;

    /// <summary>Σ xᵢ² of float32 or float64 values. NaN or infinity in, not finite out: float32 squares can't overflow float64.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is another type.</exception>
    public static double Of<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        double total = 0;
        while (values.Length > 0)
        {
            var block = values[..Math.Min(BlockLength, values.Length)];
            total += OfBlock(block);
            values = values[block.Length..];
        }

        return total;
    }

    // As in Elementwise: generic, so not compiled before the start.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double OfBlock<T>(ReadOnlySpan<T> block)
        where T : unmanaged
    {
        var (low, high) = (Vector256<double>.Zero, Vector256<double>.Zero);
        ref var values = ref MemoryMarshal.GetReference(block);
        var i = 0;
        for (; i <= block.Length - Vector256<T>.Count; i += Vector256<T>.Count)
            SquareLanes.Add(Vector256.LoadUnsafe(ref values, (nuint)i), ref low, ref high);
        return SquareLanes.Total(low, high, block[i..]);
    }
}
