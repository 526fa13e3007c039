using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>
/// A model of 320 elements in five buckets of 64: a tensor that three buckets share, tensors that begin inside a bucket, and a last bucket
/// with weights and running statistics side by side.
/// </summary>
public static class TinyModel
{
    public static ParameterLayout Layout { get; } = ParameterLayout.Of(
        [
            new Segment("fc1.weight", SegmentKind.Weight, [10, 15], 0, new Initialization(InitializationKind.Uniform, 0.5)),
            new Segment("fc1.bias", SegmentKind.Bias, [10], 0, new Initialization(InitializationKind.Uniform, 0.5)),
            new Segment("norm.scale", SegmentKind.Norm, [20], 0, Initialization.One),
            new Segment("fc2.weight", SegmentKind.Weight, [5, 12], 0, new Initialization(InitializationKind.Normal, 0.3)),
            new Segment("norm.statistics", SegmentKind.Statistics, [20, 2], 0, new Initialization(InitializationKind.Statistics), PositionsPerExample: 9),
        ],
        bucketLength: 64);

    public static Segment Statistics => Layout.Segments[^1];

    /// <summary>
    /// A rank's gradient of one step: any numbers, the same each time. The padding between segments is filled too: it must not reach
    /// the weights.
    /// </summary>
    public static float[] Gradient(long step, int rank)
    {
        var random = new Random((int)(1000 * step) + rank);
        var values = new float[Layout.Length];
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle() - 0.5f;
        // Moments are (mean, variance) pairs, and a variance is not negative.
        for (var i = Statistics.Offset + 1; i < Statistics.End; i += 2)
            values[i] = Math.Abs(values[i]);
        return values;
    }
}
