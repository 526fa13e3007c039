using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class ProbeDirectionTests
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [
            new Segment("w", SegmentKind.Weight, [100, 7], 0, Initialization.Zero),
            new Segment("b", SegmentKind.Bias, [7], 0, Initialization.Zero),
            new Segment("n.statistics", SegmentKind.Statistics, [7, 2], 0, Initialization.Zero),
        ],
        bucketLength: 64);

    [Theory]
    [InlineData(ProbeDirectionKind.Rademacher)]
    [InlineData(ProbeDirectionKind.Gauss)]
    public void However_the_vector_is_cut_the_elements_are_the_same(ProbeDirectionKind kind)
    {
        var whole = Fill(.., kind);
        Assert.Equal(Layout.TrainableLength, whole.Length);
        for (var servers = 2; servers <= Layout.Buckets.Count; servers++)
            Assert.Equal(whole, Enumerable.Range(0, servers).SelectMany(server => Fill(Layout.BucketsOf(server, servers), kind)));
    }

    [Fact]
    public void Padding_is_0_and_every_parameter_is_a_sign()
    {
        var whole = Fill(.., ProbeDirectionKind.Rademacher);
        for (var i = 0; i < whole.Length; i++)
            Assert.Equal(Layout.Segments.Any(s => i >= s.Offset && i < s.End) ? 1 : 0, Math.Abs(whole[i]));
        Assert.InRange(whole.Sum(), -80, 80);
    }

    [Fact]
    public void Gaussian_elements_have_mean_0_and_variance_1()
    {
        var elements = Fill(.., ProbeDirectionKind.Gauss).Where(x => x != 0).ToList();
        Assert.Equal(707, elements.Count);
        Assert.InRange(elements.Average(), -0.12, 0.12);
        Assert.InRange(elements.Average(x => x * x), 0.84, 1.16);
    }

    [Fact]
    public void Each_seed_probe_and_restart_has_a_direction_of_its_own()
    {
        float[][] directions = [Fill(.., default), Fill(.., default, seed: 2), Fill(.., default, probe: 1), Fill(.., default, restart: 1)];
        Assert.Equal(4, directions.DistinctBy(direction => string.Join(',', direction)).Count());
    }

    private static float[] Fill(Range buckets, ProbeDirectionKind kind, long seed = 1, int probe = 0, int restart = 0) =>
        DenseMatrix.Direction<float>(new VectorPart(Layout, buckets), seed, probe, restart, kind);
}
