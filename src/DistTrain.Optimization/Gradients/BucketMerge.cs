using System.Numerics.Tensors;
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
}
