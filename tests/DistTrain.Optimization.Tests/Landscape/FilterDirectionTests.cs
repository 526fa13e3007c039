using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class FilterDirectionTests
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [
            new Segment("conv", SegmentKind.Weight, [3, 2, 2, 2], Offset: 0, Initialization.Zero),
            new Segment("bias", SegmentKind.Bias, [3], Offset: 0, Initialization.Zero),
            new Segment("statistics", SegmentKind.Statistics, [3, 2], Offset: 0, Initialization.Zero),
        ],
        bucketLength: 16);

    [Fact]
    public void A_filter_is_as_long_as_its_weights_and_the_rest_stays()
    {
        var weights = Weights();
        weights.AsSpan(8, 8).Clear();
        var direction = FilterDirection.Of(Layout, weights, seed: 1, number: 0);
        for (var filter = 0; filter < 3; filter++)
            Assert.Equal(Length(weights.Skip(8 * filter).Take(8).Select(w => (double)w)), Length(direction.Skip(8 * filter).Take(8)), 1e-12);
        // A filter of zeros has no length to be measured by.
        Assert.All(direction[8..16], value => Assert.Equal(0, value));
        Assert.All(direction[Layout.Segments[0].End..], value => Assert.Equal(0, value));
    }

    /// <summary>The reason for them: weights that are ten times as large are looked at from ten times as far.</summary>
    [Fact]
    public void Scaled_weights_scale_the_direction()
    {
        var weights = Weights();
        var direction = FilterDirection.Of(Layout, weights, seed: 1, number: 0);
        var scaled = FilterDirection.Of(Layout, [.. weights.Select(w => 8 * w)], seed: 1, number: 0);
        Assert.All(direction.Zip(scaled), pair => Assert.Equal(8 * pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Number_and_seed_make_it_another()
    {
        var directions = new[] { (1, 0), (1, 1), (2, 0) }.Select(named => FilterDirection.Of(Layout, Weights(), named.Item1, named.Item2)[0]).ToList();
        Assert.Equal(3, directions.Distinct().Count());
        Assert.Equal(directions[0], FilterDirection.Of(Layout, Weights(), 1, 0)[0]);
    }

    private static float[] Weights() => [.. Enumerable.Range(0, Layout.Length).Select(i => MathF.Sin(i))];

    private static double Length(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));
}
