using System.Numerics;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class CurvatureProbeTests
{
    private static readonly CurvaturePlan Plan = new(new LanczosGoal(Steps: 30, Largest: 3, Smallest: 2), new CriticalPointTolerances(), Directions: 4, DirectionSteps: 6);

    private static readonly VectorPart Whole = new(HessianReference.Net, ..);

    [Fact]
    public void The_ends_come_first_and_then_each_direction()
    {
        var probe = new CurvatureProbe<double>(Whole, BucketOrder.Add, Plan);
        var products = Drive(probe);
        var eigenvalues = HessianReference.Numbers(HessianReference.At("at_random").GetProperty("eigenvalues_ascending"));
        var found = probe.Findings(gradientNorm: 0);
        Assert.Equal(products, found.Products);
        Assert.Equal(eigenvalues.Reverse().Take(3), found.Largest.Select(value => value.Value), Close);
        Assert.Equal(eigenvalues.Take(2), found.Smallest.Select(value => value.Value), Close);
        // Found before the thirty steps were used up, and six steps for each of four directions.
        Assert.InRange(products, 4 * 6, 30 + (4 * 6));
        Assert.Equal(Verdict.Saddle, found.Point.Verdict);
        Assert.False(found.IsComplete);
        // On some vectors one bar in twenty misses; how often it covers is QuadratureTests' to show.
        Assert.Equal(eigenvalues.Sum(), found.Trace!.Value.Value, 3 * found.Trace.Value.Error);
        Assert.Equal(1, found.Shares!.Positive.Estimate.Value + found.Shares.Zero.Estimate.Value + found.Shares.Negative.Estimate.Value, 1e-12);
        var v = probe.SmallestVector!.Value.ToArray();
        var hv = HessianReference.AtRandom.Times<double>(v);
        Assert.All(hv.Zip(v), pair => Assert.Equal(eigenvalues[0] * pair.Second, pair.First, 1e-4));
    }

    /// <summary>Eigenvalues that occur several times, and a point whose smallest one a single recursion may lack: all are counted.</summary>
    [Fact]
    public void With_as_many_steps_as_parameters_everything_is_counted()
    {
        var eigenvalues = HessianReference.Numbers(HessianReference.At("all_zero").GetProperty("eigenvalues_ascending"));
        var probe = new CurvatureProbe<double>(Whole, BucketOrder.Add, Plan with { Ends = new LanczosGoal(Steps: 43, Tolerance: 0) });
        Drive(probe, HessianReference.WithSpectrum(HessianReference.Net, eigenvalues));
        var found = probe.Findings(gradientNorm: 0);
        Assert.True(found.IsComplete);
        Assert.Equal(43, found.Products);
        Assert.Equal((eigenvalues.Count(e => e > 1e-3) / 43.0, 0), (found.Shares!.Positive.Estimate.Value, found.Shares.Positive.Estimate.Error));
        Assert.Equal(eigenvalues.Sum(), found.Trace!.Value.Value, 1e-12);
    }

    /// <summary>With directions, and with eigenvalues that take the recursion outside of invariant subspaces several times.</summary>
    [Theory]
    [InlineData("at_random", 30)]
    [InlineData("all_zero", 43)]
    public void A_probe_that_is_saved_and_read_after_each_product_finds_the_same_bits(string point, int steps)
    {
        var matrix = HessianReference.WithSpectrum(HessianReference.Net, HessianReference.Numbers(HessianReference.At(point).GetProperty("eigenvalues_ascending")));
        var plan = Plan with { Ends = Plan.Ends with { Steps = steps, Tolerance = 1e-9 } };
        var expected = new CurvatureProbe<double>(Whole, BucketOrder.Add, plan);
        Drive(expected, matrix);
        var probe = new CurvatureProbe<double>(Whole, BucketOrder.Add, plan);
        while (probe.Next is { } next)
        {
            probe.Take(matrix.Times(next.Span));
            probe = new CurvatureProbe<double>(Whole, BucketOrder.Add, plan, Copy(probe.State));
        }

        AssertSame(expected, probe);
    }

    [Fact]
    public void However_many_servers_hold_the_buckets_the_findings_have_the_same_bits()
    {
        var expected = new CurvatureProbe<float>(Whole, BucketOrder.Add, Plan);
        Drive(expected);
        using var meeting = new ServersInOneProcess(2);
        var probes = meeting.Run(HessianReference.Net, (part, totals, gather) =>
        {
            var probe = new CurvatureProbe<float>(part, totals, Plan);
            while (probe.Next is { } next)
                probe.Take(HessianReference.AtRandom.Times<float>(gather(next)).AsSpan(part.Offset, part.Length));
            return probe;
        });
        Assert.All(probes, probe => Assert.Equal(expected.State.Finished.SelectMany(r => r.Alphas.Concat(r.Betas)), probe.State.Finished.SelectMany(r => r.Alphas.Concat(r.Betas))));
        Assert.Equal(expected.SmallestVector!.Value.ToArray(), probes.SelectMany(probe => probe.SmallestVector!.Value.ToArray()));
    }

    [Fact]
    public void What_cannot_be_found_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new CurvatureProbe<float>(Whole, BucketOrder.Add, Plan with { Ends = new LanczosGoal(Steps: 100, Largest: 44) }));
        Assert.Throws<ArgumentException>(() => new CurvatureProbe<float>(Whole, BucketOrder.Add, Plan with { Ends = new LanczosGoal(Steps: 3, Smallest: 4) }));
        Assert.Throws<InvalidOperationException>(() => new CurvatureProbe<float>(Whole, BucketOrder.Add, Plan).Findings(0));
    }

    private static int Drive<T>(CurvatureProbe<T> probe, DenseMatrix? matrix = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var products = 0;
        for (; probe.Next is { } next; products++)
            probe.Take((matrix ?? HessianReference.AtRandom).Times(next.Span));
        return products;
    }

    private static CurvatureProbeState<double> Copy(CurvatureProbeState<double> state) => new(
        [.. state.Finished.Select(r => ((IReadOnlyList<double>)[.. r.Alphas], (IReadOnlyList<double>)[.. r.Betas]))],
        new LanczosState<double>([.. state.Current.Basis.Select(v => v.ToArray().AsMemory())], [.. state.Current.Alphas], [.. state.Current.Betas]),
        state.Restarts,
        state.SmallestVector?.ToArray(),
        state.LargestVector?.ToArray());

    private static void AssertSame(CurvatureProbe<double> expected, CurvatureProbe<double> actual)
    {
        Assert.Equal(expected.State.Finished.SelectMany(r => r.Alphas.Concat(r.Betas)), actual.State.Finished.SelectMany(r => r.Alphas.Concat(r.Betas)));
        Assert.Equal(expected.SmallestVector!.Value.ToArray(), actual.SmallestVector!.Value.ToArray());
        Assert.Equal(expected.LargestVector!.Value.ToArray(), actual.LargestVector!.Value.ToArray());
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < 1e-6;
}
