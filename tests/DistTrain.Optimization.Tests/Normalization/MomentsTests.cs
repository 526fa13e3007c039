using CsCheck;
using DistTrain.Optimization.Normalization;

namespace DistTrain.Optimization.Tests.Normalization;

[Trait("Kind", "Fast")]
public class MomentsTests
{
    [Fact]
    public void Merging_two_batches_gives_the_moments_of_both_together() =>
        Gen.Select(Gen.Float[95, 105].Array[0, 50], Gen.Float[-3, 3].Array[0, 50]).Sample((a, b) =>
        {
            var merged = Of(a);
            Moments.Merge(merged, a.Length, Of(b), b.Length);
            var expected = Of([.. a, .. b]);
            // Mean about 100, spread small: E[x²] − E[x]² in float32 would be off by far more.
            Assert.Equal(expected[0], merged[0], 1e-4f);
            Assert.Equal(expected[1], merged[1], Math.Max(1e-4f, expected[1] * 1e-5f));
        });

    [Fact]
    public void An_empty_batch_changes_nothing_even_if_its_numbers_are_not_numbers()
    {
        float[] a = [3, 4];
        Moments.Merge(a, 7, [float.NaN, float.NaN], 0);
        Assert.Equal([3, 4], a);
        float[] empty = [float.NaN, float.NaN];
        Moments.Merge(empty, 0, a, 7);
        Assert.Equal([3, 4], empty);
    }

    [Fact]
    public void Running_statistics_take_the_unbiased_variance()
    {
        var next = new float[2];
        Moments.Average([1, 2], [5, 8], next, count: 5, momentum: 0.1);
        Assert.Equal((0.9f * 1) + (0.1f * 5), next[0], 1e-6f);
        Assert.Equal((0.9f * 2) + (0.1f * 8 * 5 / 4), next[1], 1e-6f);
    }

    [Theory]
    [InlineData(0, 1f, 2f)]
    [InlineData(1, 1.4f, 2f)]
    public void Without_a_variance_the_running_one_stays(long count, float mean, float variance)
    {
        var next = new float[2];
        Moments.Average([1, 2], [5, 0], next, count, momentum: 0.1);
        Assert.Equal(mean, next[0], 1e-6f);
        Assert.Equal(variance, next[1], 1e-6f);
    }

    private static float[] Of(float[] values)
    {
        if (values.Length == 0)
            return [0, 0];
        var mean = values.Average(v => (double)v);
        return [(float)mean, (float)values.Average(v => (v - mean) * (v - mean))];
    }
}
