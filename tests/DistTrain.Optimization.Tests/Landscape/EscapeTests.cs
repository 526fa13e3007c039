using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class EscapeTests
{
    /// <summary>y = x·w₁·w₂ at x = y = 1: the origin is a saddle between two valleys, and the way out leads into one of them.</summary>
    [Fact]
    public void The_lectures_saddle_is_left()
    {
        var (probe, part) = ProbeAt(0);
        var found = probe.Findings(gradientNorm: 0);
        Assert.Equal(Verdict.Saddle, found.Point.Verdict);
        Assert.Equal((-2, 2), (Math.Round(found.Point.Smallest.Value, 12), Math.Round(found.Point.Largest.Value, 12)));
        var v = Numbers(part, probe.SmallestVector!.Value);
        var escape = Escape.Search(length => Loss(length * v[0], length * v[1]), before: 1, found.Point.Smallest.Value);
        Assert.True(escape.IsLower);
        Assert.InRange(escape.After, 0, 0.5);
        Assert.Equal(escape.After, Loss(escape.Length * v[0], escape.Length * v[1]));
        Assert.Equal(1, escape.Before);
    }

    [Fact]
    public void The_lectures_minimum_has_its_flat_direction_named()
    {
        var (probe, part) = ProbeAt(1);
        var found = probe.Findings(gradientNorm: 0);
        Assert.Equal((Verdict.Minimum, true), (found.Point.Verdict, found.Point.HasFlatDirections));
        // Along (1, −1) the product w₁·w₂ stays what it is.
        var v = Numbers(part, probe.SmallestVector!.Value);
        Assert.Equal(-v[0], v[1], 1e-12);
        var shares = DirectionShares.Of<double>(part, probe.SmallestVector.Value.Span, BucketOrder.Add);
        Assert.Equal([("w0", 0.5), ("w1", 0.5)], shares.Select(share => (share.Segment.Name, Math.Round(share.Share, 12))));
    }

    /// <summary>Where the quadratic rises again at once, or the slope makes one way the better.</summary>
    [Theory]
    [InlineData(-1.0, 0.0, 1e-6, true)]
    [InlineData(-1.0, 0.0, 1e4, true)]
    [InlineData(-1.0, 0.3, 1.0, true)]
    [InlineData(-1.0, -0.3, 1.0, true)]
    public void The_step_is_as_long_as_the_loss_falls(double curvature, double slope, double quartic, bool lower)
    {
        double At(double x) => 5 + (slope * x) + (curvature / 2 * x * x) + (quartic / 4 * x * x * x * x);
        var escape = Escape.Search(At, At(0), curvature);
        Assert.Equal(lower, escape.IsLower);
        Assert.Equal(At(escape.Length), escape.After);
        if (slope != 0)
            Assert.Equal(-Math.Sign(slope), Math.Sign(escape.Length));
        // Within a factor of 2 of the lowest point: at least half of the gain that is there.
        var lowest = Enumerable.Range(-200_000, 400_001).Min(i => At(i / 20_000.0 / Math.Sqrt(quartic)));
        Assert.InRange(5 - escape.After, (5 - lowest) / 2, (5 - lowest) * (1 + 1e-9));
    }

    [Fact]
    public void A_step_that_lowers_nothing_says_so()
    {
        var escape = Escape.Search(length => length == 0 ? 1 : double.NaN, before: 1, curvature: -1);
        Assert.Equal((0, 1, false), (escape.Length, escape.After, escape.IsLower));
        Assert.InRange(escape.Measurements, 2, 60);
        Assert.False(Escape.Search(length => 1 + Math.Abs(length), 1, -1).IsLower);
    }

    [Fact]
    public void There_is_no_way_out_along_positive_curvature() => Assert.Throws<ArgumentOutOfRangeException>(() => Escape.Search(_ => 0, 1, 0.5));

    private static double Loss(double first, double second) => (1 - (first * second)) * (1 - (first * second));

    /// <summary>At (w, w): H = [[2w², 4w² − 2], [4w² − 2, 2w²]].</summary>
    private static (CurvatureProbe<double> Probe, VectorPart Part) ProbeAt(double w)
    {
        var (own, cross) = (2 * w * w, (4 * w * w) - 2);
        var matrix = new DenseMatrix(HessianReference.Toy, [own, cross, cross, own]);
        var part = new VectorPart(HessianReference.Toy, ..);
        var probe = new CurvatureProbe<double>(part, BucketOrder.Add, new CurvaturePlan(new LanczosGoal(2), new CriticalPointTolerances()));
        while (probe.Next is { } next)
            probe.Take(matrix.Times(next.Span));
        return (probe, part);
    }

    private static double[] Numbers(VectorPart part, ReadOnlyMemory<double> vector) => [.. part.Layout.Segments.Select(segment => vector.Span[segment.Offset])];
}
