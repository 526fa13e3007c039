using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Normalization;

[Trait("Kind", "Fast")]
public class BufferUpdateTests
{
    private static readonly BufferUpdate Update = new(Momentum: 0.25, Epsilon: 0.5);

    [Fact]
    public void Statistics_average_the_unbiased_variance() =>
        Assert.Equal([(0.75f * 1) + (0.25f * 5), (0.75f * 2) + (0.25f * 8 * 6 / 5)], Next(SegmentKind.Statistics, [1, 2], [5, 8], examples: 2));

    [Fact]
    public void Deviations_average_the_root_of_the_biased_variance() =>
        Assert.Equal([(0.75f * 1) + (0.25f * 5), (0.75f * 2) + (0.25f * 3)], Next(SegmentKind.Deviations, [1, 2], [5, 8.5f], examples: 2));

    [Fact]
    public void A_power_vector_is_taken_over() =>
        Assert.Equal([0.6f, 0.8f], Next(SegmentKind.PowerVector, [1, 0], [0.6f, 0.8f], examples: 2));

    [Theory]
    [InlineData(SegmentKind.Statistics)]
    [InlineData(SegmentKind.Deviations)]
    [InlineData(SegmentKind.PowerVector)]
    public void Without_examples_nothing_changes(SegmentKind kind) =>
        Assert.Equal([1, 2], Next(kind, [1, 2], [float.NaN, float.NaN], examples: 0));

    [Fact]
    public void One_value_has_no_deviation() =>
        Assert.Equal([(0.75f * 1) + (0.25f * 5), 2], Next(SegmentKind.Deviations, [1, 2], [5, 0], examples: 1, positions: 1));

    [Fact]
    public void A_trainable_segment_is_refused() =>
        Assert.Contains("'x' is no buffer", Assert.Throws<ArgumentException>(() => Next(SegmentKind.Norm, [1, 2], [5, 8], examples: 2)).Message, StringComparison.Ordinal);

    private static float[] Next(SegmentKind kind, float[] current, float[] pushed, long examples, int positions = 3)
    {
        var next = new float[2];
        Update.Step(new Segment("x", kind, [1, 2], 0, default, positions), current, pushed, next, examples);
        return next;
    }
}
