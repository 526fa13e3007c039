using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class QuadratureTests
{
    private const double Tolerance = 1e-3;

    public static TheoryData<string> Points => ["at_random", "after_4000_gd_steps_lr_0.5", "all_zero", "zero_weights_bias_log_freq"];

    [Theory]
    [MemberData(nameof(Points))]
    public void Shares_are_exact_with_a_complete_basis(string point)
    {
        var (eigenvalues, matrix) = At(point);
        var shares = CurvatureShares.Count(Spectrum(matrix.Whole<double>(seed: 1)), Tolerance);
        Assert.Equal((Share(eigenvalues, 1), 0), (shares.Positive.Estimate.Value, shares.Positive.Estimate.Error));
        Assert.Equal(Share(eigenvalues, 0), shares.Zero.Estimate.Value);
        Assert.Equal(Share(eigenvalues, -1), shares.Negative.Estimate.Value);
    }

    /// <summary>With recursions to the end the only error is that of the random directions: each level's bars cover about as often as it says.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.95)]
    public void Error_bars_cover_as_often_as_they_say(double confidence)
    {
        var (eigenvalues, matrix) = At("at_random");
        var trace = eigenvalues.Sum();
        var covered = new List<bool>();
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var quadrature = new Quadrature(Probes(matrix, seed, count: 8, steps: 43), 43, confidence);
            var shares = quadrature.Shares(Tolerance);
            covered.Add(Covers(shares.Positive.Estimate, Share(eigenvalues, 1)));
            covered.Add(Covers(shares.Zero.Estimate, Share(eigenvalues, 0)));
            covered.Add(Covers(shares.Negative.Estimate, Share(eigenvalues, -1)));
            covered.Add(Covers(quadrature.Trace(), trace));
            // Nothing is left to the quadrature.
            Assert.Equal(shares.Positive.Low, shares.Positive.High, 1e-9);
        }

        // Four of a seed hang together, so their spread is up to twice that of independent ones: three deviations of 20 times.
        var spread = 3 * Math.Sqrt(confidence * (1 - confidence) / 20);
        Assert.InRange(covered.Count(c => c) / 80.0, confidence - spread, Math.Min(1, confidence + spread));
    }

    /// <summary>A recursion that is cut off has bounds besides: bar and bounds together cover at least as often as the bar says.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(10)]
    public void Bounds_hold_whatever_the_number_of_steps(int steps)
    {
        var (eigenvalues, matrix) = At("at_random");
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var shares = new Quadrature(Probes(matrix, seed, count: 8, steps), 43).Shares(Tolerance);
            foreach (var (sign, share) in new[] { (1, shares.Positive), (0, shares.Zero), (-1, shares.Negative) })
            {
                Assert.InRange(share.Estimate.Value, share.Low, share.High);
                Assert.InRange(Share(eigenvalues, sign), share.Low - share.Estimate.Error, share.High + share.Estimate.Error);
            }
        }
    }

    /// <summary>Of one direction they are rigorous: the shares of its own spectral measure.</summary>
    [Fact]
    public void Bounds_of_one_direction_hold_its_own_measure()
    {
        var (_, matrix) = At("at_random");
        foreach (var tolerance in new[] { 1e-3, 0.05, 0.2 })
        {
            var exact = new Quadrature(Probes(matrix, seed: 5, count: 1, steps: 43), 43).Shares(tolerance);
            for (var steps = 1; steps < 43; steps++)
            {
                var cut = new Quadrature(Probes(matrix, seed: 5, count: 1, steps), 43).Shares(tolerance);
                Assert.InRange(exact.Positive.Estimate.Value, cut.Positive.Low - 1e-9, cut.Positive.High + 1e-9);
                Assert.InRange(exact.Zero.Estimate.Value, cut.Zero.Low - 1e-9, cut.Zero.High + 1e-9);
                Assert.InRange(exact.Negative.Estimate.Value, cut.Negative.Low - 1e-9, cut.Negative.High + 1e-9);
            }
        }
    }

    [Fact]
    public void The_trace_needs_one_product_a_direction()
    {
        var (eigenvalues, matrix) = At("at_random");
        var trace = new Quadrature(Probes(matrix, seed: 3, count: 400, steps: 1), 43).Trace();
        Assert.Equal(trace.Value, new Quadrature(Probes(matrix, seed: 3, count: 400, steps: 5), 43).Trace().Value, 1e-9);
        // The variance of v·Hv over signs v is twice the sum of the squares beside the diagonal.
        var beside = matrix.Elements.Where((_, i) => i / 43 != i % 43).Sum(h => h * h);
        var error = StudentT.Quantile(0.95, 399) * Math.Sqrt(2 * beside / 400);
        Assert.InRange(trace.Error, 0.8 * error, 1.2 * error);
        Assert.Equal(eigenvalues.Sum(), trace.Value, 3 * trace.Error);
    }

    [Fact]
    public void The_density_has_the_integral_1_and_the_mean_of_the_trace()
    {
        var (_, matrix) = At("at_random");
        var probes = Probes(matrix, seed: 4, count: 4, steps: 20);
        double[] points = [.. Enumerable.Range(-1500, 3001).Select(i => i / 1000.0)];
        var density = SpectralDensity.Of([.. probes.SelectMany(probe => probe.Values).Select(node => (node.Value, node.Weight / probes.Count))], points, width: 0.02);
        Assert.Equal(1, density.Sum() / 1000, 1e-9);
        Assert.Equal(new Quadrature(probes, 43).Trace().Value / 43, points.Zip(density, (x, y) => x * y).Sum() / 1000, 1e-9);
    }

    [Fact]
    public void One_direction_has_no_error_bar() => Assert.Equal(double.PositiveInfinity, Estimate.Of([0.3], 0.95).Error);

    private static (double[] Eigenvalues, DenseMatrix Matrix) At(string point)
    {
        var eigenvalues = HessianReference.Numbers(HessianReference.At(point).GetProperty("eigenvalues_ascending"));
        return (eigenvalues, HessianReference.WithSpectrum(HessianReference.Net, eigenvalues));
    }

    private static IReadOnlyList<RitzSpectrum> Probes(DenseMatrix matrix, long seed, int count, int steps) =>
        [.. Enumerable.Range(0, count).Select(probe => Spectrum(matrix.Recursion<double>(seed, probe, steps)))];

    private static RitzSpectrum Spectrum(Lanczos<double> lanczos) => RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);

    private static double Share(double[] eigenvalues, int sign) =>
        eigenvalues.Count(e => (Math.Abs(e) <= Tolerance ? 0 : Math.Sign(e)) == sign) / (double)eigenvalues.Length;

    private static bool Covers(Estimate estimate, double truth) => Math.Abs(estimate.Value - truth) <= estimate.Error;
}
