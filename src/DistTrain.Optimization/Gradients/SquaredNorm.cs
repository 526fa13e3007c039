using System.Numerics;
using System.Runtime.InteropServices;

namespace DistTrain.Optimization.Gradients;

/// <summary>
/// Sums of squares in float64. Blocks are fixed (<see cref="BlockLength"/> elements from the start of the span) and added in order, so the
/// bits do not depend on threads or vector width beyond the lanes of <see cref="Vector{T}"/> used inside a block.
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
        if (typeof(T) == typeof(float))
            return Of(MemoryMarshal.Cast<T, float>(values));
        if (typeof(T) == typeof(double))
            return Of(MemoryMarshal.Cast<T, double>(values));
        throw new NotSupportedException($"no norm of {typeof(T).Name}");
    }

    /// <summary>Σ xᵢ² of float32 values.</summary>
    public static double Of(ReadOnlySpan<float> values)
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

    private static double Of(ReadOnlySpan<double> values)
    {
        double total = 0;
        while (values.Length > 0)
        {
            var block = values[..Math.Min(BlockLength, values.Length)];
            double sum = 0;
            foreach (var value in block)
                sum += value * value;
            total += sum;
            values = values[block.Length..];
        }

        return total;
    }

    private static double OfBlock(ReadOnlySpan<float> block)
    {
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i <= block.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(block[i..]), out var a, out var b);
            low += a * a;
            high += b * b;
        }

        var sum = Vector.Sum(low + high);
        for (; i < block.Length; i++)
            sum += (double)block[i] * block[i];
        return sum;
    }
}
