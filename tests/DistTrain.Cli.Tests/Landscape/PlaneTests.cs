using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Landscape;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Cli.Tests.Landscape;

[Trait("Kind", "Fast")]
public class PlaneTests
{
    private static readonly ParameterLayout Layout = ParameterLayout.Of(
        [
            new Segment("weight", SegmentKind.Weight, [1, 2], Offset: 0, Initialization.Zero),
            new Segment("statistics", SegmentKind.Statistics, [1, 2], Offset: 0, Initialization.Zero),
        ],
        bucketLength: 16);

    /// <summary>A variance of 1 and one of 4 would be −2 a step before the first.</summary>
    [Theory]
    [InlineData(-1, 0, 1)]
    [InlineData(0, 1, 1)]
    [InlineData(0.5, 1.5, 2.5)]
    [InlineData(1, 2, 4)]
    [InlineData(2, 3, 4)]
    public void Running_statistics_stay_between_the_two_versions(double alpha, float weight, float variance)
    {
        var there = Plane.Between(Saved(1, 1), Saved(2, 4)).At(alpha, 0);
        Assert.Equal((weight, variance), (there[0], there[Layout.Segments[1].Offset + 1]));
    }

    [Fact]
    public void The_middle_of_a_plane_is_the_weights_and_its_directions_differ()
    {
        var (saved, plane) = (Saved(1, 1), Plane.Around(Saved(1, 1), 2, seed: 1));
        Assert.Equal(saved.Vector, plane.At(0, 0));
        Assert.NotEqual(plane.At(1, 0), plane.At(0, 1));
        Assert.Equal(1, plane.At(1, 1)[Layout.Segments[1].Offset + 1]);
    }

    private static SavedModel Saved(float weight, float variance)
    {
        var vector = new float[Layout.Length];
        (vector[0], vector[1], vector[Layout.Segments[1].Offset + 1]) = (weight, weight, variance);
        return new SavedModel("here", null, "", Layout, vector);
    }
}
