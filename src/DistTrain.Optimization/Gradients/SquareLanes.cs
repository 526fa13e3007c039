using System.Numerics;
using System.Runtime.CompilerServices;

namespace DistTrain.Optimization.Gradients;

/// <summary>The squares of one block of <see cref="SquaredNorm"/>, lane by lane, for loops that have the elements in registers anyway.</summary>
internal static class SquareLanes
{
    /// <summary>Adds the squares of a vector of float32 or float64 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<T>(Vector<T> values, ref Vector<double> low, ref Vector<double> high)
    {
        if (typeof(T) == typeof(float))
        {
            Vector.Widen(values.As<T, float>(), out var a, out var b);
            low += a * a;
            high += b * b;
        }
        else if (typeof(T) == typeof(double))
        {
            var wide = values.As<T, double>();
            low += wide * wide;
        }
        else
        {
            throw new NotSupportedException($"no norm of {typeof(T).Name}");
        }
    }

    /// <summary>The block's sum.</summary>
    /// <param name="low">The lanes.</param>
    /// <param name="high">The other lanes.</param>
    /// <param name="rest">The block's last elements, fewer than a vector has.</param>
    public static double Total<T>(Vector<double> low, Vector<double> high, ReadOnlySpan<T> rest)
    {
        var sum = Vector.Sum(low + high);
        foreach (var value in rest)
        {
            var wide = typeof(T) == typeof(float) ? (float)(object)value! : (double)(object)value!;
            sum += wide * wide;
        }

        return sum;
    }
}
