using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// How much of one vector lies along another, and taking it away, in float64. As in <c>SquaredNorm</c>, blocks and the lanes inside one are fixed, so
/// the bits depend neither on threads nor on the processor's vectors:
/// <code>
/// laneᵢ: elements i mod 4 of the block        sum = ((lane₀ + lane₁) + (lane₂ + lane₃)) + the last elements, one by one
/// </code>
/// </summary>
internal static class Projection
{
    private const int BlockLength = 4096;

    /// <summary>Σ aᵢ·bᵢ.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    public static double Dot<T>(ReadOnlySpan<T> a, ReadOnlySpan<double> b)
        where T : unmanaged, INumberBase<T>
    {
        var total = 0.0;
        for (var at = 0; at < a.Length; at += BlockLength)
        {
            var length = Math.Min(BlockLength, a.Length - at);
            total += DotOfBlock(a.Slice(at, length), b.Slice(at, length));
        }

        return total;
    }

    /// <summary>b ← b − factor·a.</summary>
    public static void Subtract<T>(Span<double> b, double factor, ReadOnlySpan<T> a)
        where T : unmanaged, INumberBase<T>
    {
        ref var b0 = ref MemoryMarshal.GetReference(b);
        var factors = Vector256.Create(factor);
        var i = 0;
        for (; i <= b.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            (Vector256.LoadUnsafe(ref b0, (nuint)i) - (factors * Load(a, i))).StoreUnsafe(ref b0, (nuint)i);
        for (; i < b.Length; i++)
            b[i] -= factor * double.CreateChecked(a[i]);
    }

    private static double DotOfBlock<T>(ReadOnlySpan<T> a, ReadOnlySpan<double> b)
        where T : unmanaged, INumberBase<T>
    {
        ref var b0 = ref MemoryMarshal.GetReference(b);
        var lanes = Vector256<double>.Zero;
        var i = 0;
        for (; i <= b.Length - Vector256<double>.Count; i += Vector256<double>.Count)
            lanes += Load(a, i) * Vector256.LoadUnsafe(ref b0, (nuint)i);
        var sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        for (; i < b.Length; i++)
            sum += double.CreateChecked(a[i]) * b[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load<T>(ReadOnlySpan<T> values, int at)
        where T : unmanaged
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        if (typeof(T) == typeof(double))
            return Vector256.LoadUnsafe(ref Unsafe.As<T, double>(ref first), (nuint)at);
        if (typeof(T) != typeof(float))
            throw new NotSupportedException($"no projection of {typeof(T).Name}");
        var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(ref Unsafe.As<T, float>(ref first), (nuint)at));
        return Vector256.Create(low, high);
    }
}
