using System.Numerics.Tensors;
using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>The mean of the replicas' next versions, added pair by pair in the order of their ranks' tree: a function of the replicas alone.</summary>
internal static class WeightAverage
{
    /// <summary>Writes the mean over <paramref name="groups"/> of one bucket of <paramref name="version"/> to <paramref name="mean"/>.</summary>
    public static void Of(IReadOnlyList<ReplicaGroup> groups, Bucket bucket, long version, Span<float> mean)
    {
        Sum(groups, 0, groups.Count, bucket, version, mean);
        TensorPrimitives.Divide(mean, groups.Count, mean);
    }

    private static void Sum(IReadOnlyList<ReplicaGroup> groups, int first, int count, Bucket bucket, long version, Span<float> sum)
    {
        if (count == 1)
        {
            groups[first].Elements(bucket, version).Span.CopyTo(sum);
            return;
        }

        // The split of the rank tree: the largest power of two below count on the left.
        var left = 1 << (31 - int.LeadingZeroCount(count - 1));
        Sum(groups, first, left, bucket, version, sum);
        var right = new float[sum.Length];
        Sum(groups, first + left, count - left, bucket, version, right);
        TensorPrimitives.Add(sum, right, sum);
    }
}
