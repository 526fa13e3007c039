using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Optimization.Gradients;

/// <summary>
/// The squares of one block of <see cref="SquaredNorm"/>, lane by lane, for loops that have the elements in registers anyway. Element i of a block is
/// added to lane i mod 8 (float32) or i mod 4 (float64), whatever the processor's own vectors are:
/// <code>
/// float32:  cᵢ = laneᵢ + laneᵢ₊₄, i = 0..3        float64:  cᵢ = laneᵢ
/// sum = ((c₀ + c₁) + (c₂ + c₃)) + the elements behind the last whole vector, one by one
/// </code>
/// </summary>
internal static class SquareLanes
{
    /// <summary>Adds the squares of a vector of float32 or float64 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<T>(Vector256<T> values, ref Vector256<double> low, ref Vector256<double> high)
    {
        if (typeof(T) == typeof(float))
        {
            var (a, b) = Vector256.Widen(values.As<T, float>());
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
    public static double Total<T>(Vector256<double> low, Vector256<double> high, ReadOnlySpan<T> rest)
    {
        var lanes = low + high;
        var sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        foreach (var value in rest)
        {
            var wide = typeof(T) == typeof(float) ? (float)(object)value! : (double)(object)value!;
            sum += wide * wide;
        }

        return sum;
    }
}
