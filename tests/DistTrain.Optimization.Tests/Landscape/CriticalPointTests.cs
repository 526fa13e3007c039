using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class CriticalPointTests
{
    private static readonly CriticalPointTolerances Tolerances = new();

    /// <summary>The vectors' points, by full recursions of their spectra.</summary>
    [Theory]
    [InlineData("at_random", "grad_norm", "eigenvalues_ascending", Verdict.NotCritical)]
    [InlineData("after_4000_gd_steps_lr_0.5", "grad_norm", "eigenvalues_ascending", Verdict.NotCritical)]
    [InlineData("all_zero", "grad_norm", "eigenvalues_ascending", Verdict.NotCritical)]
    [InlineData("zero_weights_bias_log_freq", "grad_norm", "eigenvalues_ascending", Verdict.Saddle)]
    [InlineData("regularised_minimum", "grad_norm_with_l2", "eigenvalues_ascending_with_l2", Verdict.Minimum)]
    public void The_vectors_points(string point, string norm, string eigenvalues, Verdict expected)
    {
        var there = HessianReference.At(point);
        var matrix = HessianReference.WithSpectrum(HessianReference.Net, HessianReference.Numbers(there.GetProperty(eigenvalues)));
        foreach (var seed in Enumerable.Range(0, 5))
        {
            var found = Of(there.GetProperty(norm).GetDouble(), matrix.Recursion<double>(seed));
            Assert.Equal((expected, false), (found.Verdict, found.HasFlatDirections));
            // With less known it is not told otherwise.
            for (var steps = 1; steps < 43; steps++)
                Assert.Contains(Of(found.GradientNorm, matrix.Recursion<double>(seed, steps: steps)).Verdict, new[] { expected, Verdict.Undecided });
        }
    }

    /// <summary>y = x·w₁·w₂ at x = y = 1.</summary>
    [Fact]
    public void The_lectures_example()
    {
        var toys = HessianReference.Toys.ToList();
        (Verdict, bool)[] expected = [(Verdict.Saddle, false), (Verdict.Minimum, true), (Verdict.Minimum, true), (Verdict.NotCritical, false)];
        foreach (var (toy, verdict) in toys.Zip(expected))
        {
            var matrix = new DenseMatrix(HessianReference.Toy, HessianReference.Numbers(toy.GetProperty("hessian")));
            var lanczos = matrix.Whole<double>(seed: 1);
            var eigenvalues = HessianReference.Numbers(toy.GetProperty("eigenvalues_ascending"));
            var spectrum = RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);
            Assert.Equal(eigenvalues[0], spectrum.Smallest.Value, 1e-14);
            Assert.Equal(eigenvalues[1], spectrum.Largest.Value, 1e-14);
            var gradient = HessianReference.Numbers(toy.GetProperty("grad"));
            var found = Of(Math.Sqrt(gradient.Sum(g => g * g)), lanczos);
            Assert.Equal(verdict, (found.Verdict, found.HasFlatDirections));
            AssertParallel(HessianReference.Numbers(toy.GetProperty("vec_bottom")), lanczos, spectrum);
        }
    }

    [Theory]
    [InlineData(-1, 0, -0.5, 0, Verdict.Maximum, false)]
    [InlineData(-1, 0, 0, 0, Verdict.Maximum, true)]
    [InlineData(-1, 0, -0.5, 0.6, Verdict.Undecided, false)]
    [InlineData(0, 0, 0, 0, Verdict.Plateau, false)]
    [InlineData(1e-7, 0, 9e-7, 0, Verdict.Plateau, false)]
    [InlineData(-5e-7, 1e-6, 9e-7, 0, Verdict.Undecided, false)]
    [InlineData(0.5, 0.6, 1, 0, Verdict.Undecided, false)]
    [InlineData(0.5, 0.5, 1, 0, Verdict.Minimum, true)]
    [InlineData(0.5, 0.4, 1, 0, Verdict.Minimum, false)]
    [InlineData(-0.5, 0.6, 1, 0.6, Verdict.Saddle, false)]
    [InlineData(-5e-5, 0, 1, 0, Verdict.Minimum, true)]
    public void Every_row_of_the_rule(double smallest, double smallestResidual, double largest, double largestResidual, Verdict expected, bool isFlat)
    {
        var found = CriticalPoint.Of(1e-4, new RitzValue(smallest, smallestResidual, 0), new RitzValue(largest, largestResidual, 0), Tolerances);
        Assert.Equal((expected, isFlat), (found.Verdict, found.HasFlatDirections));
        Assert.StartsWith(expected switch { Verdict.Undecided => "undecided", Verdict.Minimum => "a local minimum", Verdict.Maximum => "a local maximum", _ => "a " }, found.Reason);
    }

    [Fact]
    public void A_norm_that_is_no_number_is_refused() =>
        Assert.Throws<ArithmeticException>(() => CriticalPoint.Of(double.NaN, default, default, Tolerances));

    [Fact]
    public void The_layers_that_a_direction_lives_in()
    {
        var part = new VectorPart(HessianReference.Net, ..);
        var direction = new double[part.Length];
        direction[0] = 3;
        direction[HessianReference.Net.Segments[2].Offset] = -4;
        var shares = DirectionShares.Of<double>(part, direction, BucketOrder.Add);
        Assert.Equal(["w0", "w1", "w2", "w3"], shares.Select(share => share.Segment.Name));
        Assert.Equal([9 / 25.0, 0, 16 / 25.0, 0], shares.Select(share => share.Share));
    }

    private static CriticalPoint Of(double gradientNorm, Lanczos<double> lanczos)
    {
        var spectrum = RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);
        return CriticalPoint.Of(gradientNorm, spectrum.Smallest, spectrum.Largest, Tolerances);
    }

    private static void AssertParallel(double[] expected, Lanczos<double> lanczos, RitzSpectrum spectrum)
    {
        var flat = new double[HessianReference.Toy.TrainableLength];
        lanczos.Combine(spectrum.Coefficients(0), flat);
        double[] found = [flat[0], flat[ParameterLayout.Alignment]];
        var sign = Math.Sign((expected[0] * found[0]) + (expected[1] * found[1]));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, sign * pair.Second, 1e-12));
    }
}
