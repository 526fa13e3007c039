using CsCheck;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class ProjectionTests
{
    private static readonly Gen<(float[] A, double[] B)> Vectors =
        Gen.Int[0, 10_000].SelectMany(length => Gen.Select(Gen.Float[-100, 100].Array[length], Gen.Double[-100, 100].Array[length]));

    /// <summary>The order of addition that <see cref="Projection"/> documents, one element after the other.</summary>
    [Fact]
    public void Products_are_added_in_four_lanes() => Vectors.Sample((a, b) =>
    {
        Assert.Equal(InLanes(a.Zip(b, (x, y) => x * y)), Projection.Dot<float>(a, b));
        Assert.Equal(InLanes(b.Select(x => x * x)), Projection.Dot<double>(b, b));
    });

    [Fact]
    public void What_is_taken_away_is_taken_element_by_element() => Vectors.Sample((a, b) =>
    {
        var rest = b.ToArray();
        Projection.Subtract<float>(rest, 0.7, a);
        Assert.Equal(b.Zip(a, (y, x) => y - (0.7 * x)), rest);
    });

    private static double InLanes(IEnumerable<double> products) => products.Chunk(4096).Aggregate(0.0, (total, block) =>
    {
        var (lanes, whole) = (new double[4], block.Length / 4 * 4);
        for (var i = 0; i < whole; i++)
            lanes[i % 4] += block[i];
        return total + block[whole..].Aggregate(lanes[0] + lanes[1] + (lanes[2] + lanes[3]), (sum, product) => sum + product);
    });
}
