using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Gradients;

/// <summary>
/// The sum at one node of the rank tree: gradients are added, batch moments are merged by count, and of power vectors, which all ranks with
/// examples have computed alike, one is taken.
/// </summary>
internal static class BucketMerge
{
    /// <summary>left ← left ⊕ right, both in float32, for elements that belong to one segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="left">Left operand and result.</param>
    /// <param name="leftExamples">Examples behind it.</param>
    /// <param name="right">Right operand.</param>
    /// <param name="rightExamples">Examples behind it.</param>
    public static void Into(Segment segment, Span<float> left, long leftExamples, ReadOnlySpan<float> right, long rightExamples)
    {
        if (segment.IsMoments)
            Moments.Merge(left, leftExamples * segment.PositionsPerExample, right, rightExamples * segment.PositionsPerExample);
        else if (!segment.IsBuffer)
            TensorPrimitives.Add(left, right, left);
        else if (leftExamples == 0)
            right.CopyTo(left);
    }

    /// <summary>target = a + b, for elements that are gradients.</summary>
    public static void AddTwo(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> target) => TensorPrimitives.Add(a, b, target);

    /// <summary>target = (a + b) + (c + d) in one pass; target may be one of them.</summary>
    public static void AddFour(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, ReadOnlySpan<float> d, Span<float> target)
    {
        ref var a0 = ref MemoryMarshal.GetReference(a);
        ref var b0 = ref MemoryMarshal.GetReference(b);
        ref var c0 = ref MemoryMarshal.GetReference(c);
        ref var d0 = ref MemoryMarshal.GetReference(d);
        ref var t0 = ref MemoryMarshal.GetReference(target);
        var i = 0;
        // A cache line of each at a time.
        for (; i <= target.Length - (2 * Vector256<float>.Count); i += 2 * Vector256<float>.Count)
        {
            var (first, second) = ((nuint)i, (nuint)(i + Vector256<float>.Count));
            var low = (Vector256.LoadUnsafe(ref a0, first) + Vector256.LoadUnsafe(ref b0, first)) + (Vector256.LoadUnsafe(ref c0, first) + Vector256.LoadUnsafe(ref d0, first));
            var high = (Vector256.LoadUnsafe(ref a0, second) + Vector256.LoadUnsafe(ref b0, second)) + (Vector256.LoadUnsafe(ref c0, second) + Vector256.LoadUnsafe(ref d0, second));
            low.StoreUnsafe(ref t0, first);
            high.StoreUnsafe(ref t0, second);
        }

        for (; i < target.Length; i++)
            target[i] = (a[i] + b[i]) + (c[i] + d[i]);
    }
}
