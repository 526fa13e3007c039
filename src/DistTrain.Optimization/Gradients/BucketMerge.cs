using System.Numerics.Tensors;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Gradients;

/// <summary>The sum at one node of the rank tree: gradients are added, batch moments are merged by count.</summary>
public static class BucketMerge
{
    /// <summary>left ← left ⊕ right, both in float32, for every piece of the bucket.</summary>
    public static void Into(Bucket bucket, float[] left, long leftExamples, float[] right, long rightExamples)
    {
        foreach (var piece in bucket.Pieces)
        {
            var a = left.AsSpan(piece.Offset - bucket.Offset, piece.Length);
            var b = right.AsSpan(piece.Offset - bucket.Offset, piece.Length);
            if (piece.Segment.IsBuffer)
                Moments.Merge(a, leftExamples * piece.Segment.PositionsPerExample, b, rightExamples * piece.Segment.PositionsPerExample);
            else
                TensorPrimitives.Add(a, b, a);
        }
    }
}
