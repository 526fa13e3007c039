using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Parameters;

[Trait("Kind", "Fast")]
public sealed class VersionZeroTests
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [
            new Segment("w", SegmentKind.Weight, [3, 5], 0, Initialization.FanIn(5)),
            new Segment("fc.weight_v", SegmentKind.Weight, [4, 2, 3], 0, Initialization.FanIn(6)),
            new Segment("fc.weight_g", SegmentKind.Norm, [4, 1, 1], 0, new Initialization(InitializationKind.RowNorms)),
            new Segment("fc.weight_u", SegmentKind.PowerVector, [40], 0, new Initialization(InitializationKind.UnitVector)),
        ],
        bucketLength: 16);

    [Fact]
    public void Lengths_start_as_the_norms_of_the_directions_before_them()
    {
        var vector = Fill(seed: 7);
        var (v, g) = (Layout.Segments[1], Layout.Segments[2]);
        for (var row = 0; row < 4; row++)
            Assert.Equal(Math.Sqrt(vector.AsSpan(v.Offset + (6 * row), 6).ToArray().Sum(x => (double)x * x)), vector[g.Offset + row], 1e-7);
    }

    [Fact]
    public void A_power_vector_starts_as_a_unit_vector_of_the_seeds_own() => Gen.Long.Sample(seed =>
    {
        var u = Fill(seed).AsSpan(Layout.Segments[3].Offset, 40).ToArray();
        Assert.Equal(1, u.Sum(x => (double)x * x), 1e-6);
        Assert.NotEqual(u, Fill(unchecked(seed + 1)).AsSpan(Layout.Segments[3].Offset, 40).ToArray());
    });

    [Fact]
    public void How_the_vector_is_cut_over_servers_changes_nothing() => Gen.Int[0, Layout.Length].Sample(cut =>
    {
        var parts = new float[Layout.Length];
        VersionZero.Fill(Layout, 7, 0, parts.AsSpan(..cut));
        VersionZero.Fill(Layout, 7, cut, parts.AsSpan(cut..));
        Assert.Equal(Fill(seed: 7), parts);
    });

    [Fact]
    public void Norms_of_no_rows_are_refused()
    {
        var alone = ParameterLayout.Of([new Segment("g", SegmentKind.Norm, [4], 0, new Initialization(InitializationKind.RowNorms))]);
        var error = Assert.Throws<ArgumentException>(() => VersionZero.Fill(alone, 7, 0, new float[alone.Length]));
        Assert.Contains("'g' has no segment of 4 rows before it", error.Message, StringComparison.Ordinal);
    }

    private static float[] Fill(long seed)
    {
        var vector = new float[Layout.Length];
        VersionZero.Fill(Layout, seed, 0, vector);
        return vector;
    }
}
