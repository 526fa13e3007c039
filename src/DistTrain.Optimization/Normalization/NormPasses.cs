using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Optimization.Normalization;

/// <summary>
/// The four passes of BatchNorm over float32 activations, each of which reads its inputs once and in the order of memory. Sums are float64, in which
/// squares and products of float32 are exact, and what is added up is a plane in 8 lanes, then the planes of a channel in order: the bits depend
/// neither on threads nor on the processor's vectors.
/// <code>
/// forward     (n, mean, M2) of x              y  = (x − center)·slope + offset
/// backward    Σ dy, Σ dy·(x − center)         dx = dy·factor + (x − center)·slope + offset
/// </code>
/// The center is a channel's own mean in float32: what is left of x has its digits, however far from 0 it lies.
/// </summary>
public static class NormPasses
{
    /// <summary>Count, mean and squared deviations by channel.</summary>
    /// <param name="x">[block]</param>
    /// <param name="block">Its shape.</param>
    public static BatchMoments Moments(ReadOnlySpan<float> x, ChannelBlock block)
    {
        var moments = BatchMoments.Empty(block.Channels) with { Count = block.Count };
        if (block.Count == 0)
            return moments;
        // Σ d and Σ d² with d = x less the channel's first value: squares of what is far from 0 would lose even float64's digits.
        Span<double> first = new double[block.Channels];
        for (var channel = 0; channel < block.Channels; channel++)
            first[channel] = x[channel * block.Size];
        for (var plane = 0; plane < block.Planes; plane++)
        {
            var channel = plane % block.Channels;
            var (sum, squares) = Deviations(x.Slice(plane * block.Size, block.Size), first[channel]);
            moments.Mean[channel] += sum;
            moments.SquaredDeviations[channel] += squares;
        }

        for (var channel = 0; channel < block.Channels; channel++)
        {
            var (sum, squares) = (moments.Mean[channel], moments.SquaredDeviations[channel]);
            moments.Mean[channel] = first[channel] + (sum / block.Count);
            moments.SquaredDeviations[channel] = double.Max(0, squares - (sum * sum / block.Count));
        }

        return moments;
    }

    /// <summary>y = (x − center)·slope + offset.</summary>
    /// <param name="x">[block]</param>
    /// <param name="block">Its shape.</param>
    /// <param name="center">[channels]</param>
    /// <param name="slope">[channels]</param>
    /// <param name="offset">[channels]</param>
    /// <param name="y">[block]; receives it.</param>
    public static void Forward(ReadOnlySpan<float> x, ChannelBlock block, ReadOnlySpan<float> center, ReadOnlySpan<float> slope, ReadOnlySpan<float> offset, Span<float> y)
    {
        for (var plane = 0; plane < block.Planes; plane++)
        {
            var (at, channel) = (plane * block.Size, plane % block.Channels);
            Forward(x.Slice(at, block.Size), center[channel], slope[channel], offset[channel], y.Slice(at, block.Size));
        }
    }

    /// <summary>Σ dy and Σ dy·(x − center), by channel.</summary>
    /// <param name="dy">[block]</param>
    /// <param name="x">[block]</param>
    /// <param name="block">Their shape.</param>
    /// <param name="center">[channels]</param>
    public static (double[] Gradients, double[] Products) Sums(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, ChannelBlock block, ReadOnlySpan<float> center)
    {
        var (gradients, products) = (new double[block.Channels], new double[block.Channels]);
        for (var plane = 0; plane < block.Planes; plane++)
        {
            var (at, channel) = (plane * block.Size, plane % block.Channels);
            var (sum, product) = Products(dy.Slice(at, block.Size), x.Slice(at, block.Size), center[channel]);
            gradients[channel] += sum;
            products[channel] += product;
        }

        return (gradients, products);
    }

    /// <summary>dx = dy·factor + (x − center)·slope + offset.</summary>
    /// <param name="dy">[block]</param>
    /// <param name="x">[block]</param>
    /// <param name="block">Their shape.</param>
    /// <param name="factor">[channels]</param>
    /// <param name="center">[channels]</param>
    /// <param name="slope">[channels]</param>
    /// <param name="offset">[channels]</param>
    /// <param name="dx">[block]; receives it.</param>
    public static void Backward(
        ReadOnlySpan<float> dy,
        ReadOnlySpan<float> x,
        ChannelBlock block,
        ReadOnlySpan<float> factor,
        ReadOnlySpan<float> center,
        ReadOnlySpan<float> slope,
        ReadOnlySpan<float> offset,
        Span<float> dx)
    {
        for (var plane = 0; plane < block.Planes; plane++)
        {
            var (at, channel) = (plane * block.Size, plane % block.Channels);
            Backward(dy.Slice(at, block.Size), x.Slice(at, block.Size), factor[channel], center[channel], slope[channel], offset[channel], dx.Slice(at, block.Size));
        }
    }

    // Not compiled ahead, and so compiled well at once: the loops are what a step is made of.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Squares) Deviations(ReadOnlySpan<float> plane, double from)
    {
        ref var first = ref MemoryMarshal.GetReference(plane);
        var center = Vector256.Create(from);
        var (lowSum, highSum, lowSquares, highSquares) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        var i = 0;
        for (; i <= plane.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)i));
            (low, high) = (low - center, high - center);
            (lowSum, highSum) = (lowSum + low, highSum + high);
            (lowSquares, highSquares) = (lowSquares + (low * low), highSquares + (high * high));
        }

        var (sum, squares) = (Total(lowSum + highSum), Total(lowSquares + highSquares));
        for (; i < plane.Length; i++)
        {
            var deviation = plane[i] - from;
            sum += deviation;
            squares += deviation * deviation;
        }

        return (sum, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Products) Products(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, float center)
    {
        ref var firstGradient = ref MemoryMarshal.GetReference(dy);
        ref var firstValue = ref MemoryMarshal.GetReference(x);
        var middle = Vector256.Create((double)center);
        var (lowSum, highSum, lowProducts, highProducts) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        var i = 0;
        for (; i <= dy.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref firstGradient, (nuint)i));
            var (lowValue, highValue) = Vector256.Widen(Vector256.LoadUnsafe(ref firstValue, (nuint)i));
            (lowSum, highSum) = (lowSum + low, highSum + high);
            (lowProducts, highProducts) = (lowProducts + (low * (lowValue - middle)), highProducts + (high * (highValue - middle)));
        }

        var (sum, products) = (Total(lowSum + highSum), Total(lowProducts + highProducts));
        for (; i < dy.Length; i++)
        {
            sum += dy[i];
            products += dy[i] * ((double)x[i] - center);
        }

        return (sum, products);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward(ReadOnlySpan<float> x, float center, float slope, float offset, Span<float> y)
    {
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(y);
        var (centers, slopes, offsets) = (Vector256.Create(center), Vector256.Create(slope), Vector256.Create(offset));
        var i = 0;
        for (; i <= x.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            (((Vector256.LoadUnsafe(ref from, (nuint)i) - centers) * slopes) + offsets).StoreUnsafe(ref to, (nuint)i);
        for (; i < x.Length; i++)
            y[i] = ((x[i] - center) * slope) + offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, float factor, float center, float slope, float offset, Span<float> dx)
    {
        ref var fromGradient = ref MemoryMarshal.GetReference(dy);
        ref var fromValue = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(dx);
        var (factors, centers, slopes, offsets) = (Vector256.Create(factor), Vector256.Create(center), Vector256.Create(slope), Vector256.Create(offset));
        var i = 0;
        for (; i <= dy.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var value = (Vector256.LoadUnsafe(ref fromValue, (nuint)i) - centers) * slopes;
            ((Vector256.LoadUnsafe(ref fromGradient, (nuint)i) * factors) + value + offsets).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < dy.Length; i++)
            dx[i] = (dy[i] * factor) + ((x[i] - center) * slope) + offset;
    }

    /// <summary>The lanes, added in one order on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Total(Vector256<double> lanes) => lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
}
