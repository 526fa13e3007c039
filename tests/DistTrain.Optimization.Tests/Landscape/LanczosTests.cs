using DistTrain.Optimization.Landscape;

namespace DistTrain.Optimization.Tests.Landscape;

[Trait("Kind", "Fast")]
public class LanczosTests
{
    public static TheoryData<string> Points => ["at_random", "after_4000_gd_steps_lr_0.5", "all_zero", "zero_weights_bias_log_freq"];

    private static double[] EigenvaluesAt(string point) => HessianReference.Numbers(HessianReference.At(point).GetProperty("eigenvalues_ascending"));

    [Fact]
    public void The_ends_of_an_exact_Hessian_are_found_and_so_are_their_vectors()
    {
        var point = HessianReference.At("at_random");
        var lanczos = HessianReference.AtRandom.Recursion<double>(seed: 1);
        var spectrum = Spectrum(lanczos);
        AssertRelative(point.GetProperty("top").GetDouble(), spectrum.Largest.Value, 1e-12);
        AssertRelative(point.GetProperty("bottom").GetDouble(), spectrum.Smallest.Value, 1e-12);
        AssertParallel(HessianReference.Numbers(point.GetProperty("vec_top")), VectorOf(lanczos, spectrum, spectrum.Values.Count - 1));
        AssertParallel(HessianReference.Numbers(point.GetProperty("vec_bottom")), VectorOf(lanczos, spectrum, 0));
    }

    /// <summary>Far fewer products than parameters: what is found goes with the square of the residual.</summary>
    [Theory]
    [MemberData(nameof(Points))]
    public void Both_ends_are_right_to_1e_6_as_soon_as_the_goal_is_reached(string point)
    {
        var eigenvalues = EigenvaluesAt(point);
        var matrix = HessianReference.WithSpectrum(HessianReference.Net, eigenvalues);
        var (goal, tolerances) = (new LanczosGoal(Steps: 43), new CriticalPointTolerances());
        foreach (var seed in Enumerable.Range(0, 5))
        {
            RitzSpectrum spectrum;
            double tau;
            var steps = 0;
            do
            {
                spectrum = Spectrum(matrix.Recursion<double>(seed, steps: ++steps));
                tau = tolerances.Curvature(spectrum.Smallest.Value, spectrum.Largest.Value);
            }
            while (!goal.IsFound(spectrum, tau));
            Assert.Equal(eigenvalues[^1], spectrum.Largest.Value, RitzError.Bound(eigenvalues, 42, tau));
            Assert.Equal(eigenvalues[0], spectrum.Smallest.Value, RitzError.Bound(eigenvalues, 0, tau));
        }
    }

    /// <summary>At all-zero weights eigenvalues occur several times: one recursion sees each once, a complete basis all of them.</summary>
    [Theory]
    [MemberData(nameof(Points))]
    public void A_complete_basis_has_every_eigenvalue_as_often_as_it_occurs(string point)
    {
        var eigenvalues = EigenvaluesAt(point);
        var spectrum = Spectrum(HessianReference.WithSpectrum(HessianReference.Net, eigenvalues).Whole<double>(seed: 2));
        Assert.Equal(43, spectrum.Values.Count);
        Assert.All(eigenvalues.Zip(spectrum.Values), pair => Assert.Equal(pair.First, pair.Second.Value, 1e-12));
    }

    [Fact]
    public void The_basis_stays_orthogonal()
    {
        var basis = HessianReference.AtRandom.Recursion<double>(seed: 3).State.Basis;
        for (var i = 0; i < basis.Count; i++)
        {
            for (var j = 0; j <= i; j++)
                Assert.Equal(i == j ? 1 : 0, Projection.Dot<double>(basis[i].Span, basis[j].Span), 1e-13);
        }
    }

    /// <summary>A Ritz value has an eigenvalue within its residual, and none beyond the spectrum.</summary>
    [Fact]
    public void Residuals_bound_the_error()
    {
        var eigenvalues = EigenvaluesAt("at_random");
        for (var steps = 1; steps < 43; steps++)
        {
            var spectrum = Spectrum(HessianReference.AtRandom.Recursion<double>(seed: 4, steps: steps));
            Assert.All(spectrum.Values, value => Assert.InRange(eigenvalues.Min(e => Math.Abs(e - value.Value)), 0, value.Residual + 1e-13));
            Assert.InRange(spectrum.Largest.Value, eigenvalues[0], eigenvalues[^1] + 1e-13);
            Assert.InRange(spectrum.Smallest.Value, eigenvalues[0] - 1e-13, eigenvalues[^1]);
        }
    }

    [Fact]
    public void Float32_products_and_basis_give_the_ends_to_float32()
    {
        var spectrum = Spectrum(HessianReference.AtRandom.Recursion<float>(seed: 5, steps: 40));
        var eigenvalues = EigenvaluesAt("at_random");
        var tolerance = 1e-6 * eigenvalues.Max(Math.Abs);
        Assert.Equal(eigenvalues[^1], spectrum.Largest.Value, tolerance);
        Assert.Equal(eigenvalues[0], spectrum.Smallest.Value, tolerance);
    }

    [Fact]
    public void A_recursion_goes_on_from_what_was_saved_with_the_same_bits()
    {
        var expected = HessianReference.AtRandom.Recursion<float>(seed: 6, steps: 20).State;
        var part = new VectorPart(HessianReference.Net, ..);
        LanczosState<float>? saved = null;
        for (var step = 0; step < 20; step++)
        {
            var lanczos = new Lanczos<float>(part, BucketOrder.Add, saved);
            if (saved is null)
                lanczos.Begin(DenseMatrix.Direction<float>(part, seed: 6, probe: 0));
            lanczos.Take(HessianReference.AtRandom.Times(lanczos.Next!.Value.Span));
            var state = lanczos.State;
            saved = new LanczosState<float>([.. state.Basis.Select(v => v.ToArray().AsMemory())], [.. state.Alphas], [.. state.Betas]);
        }

        AssertSame(expected, saved!);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void However_many_servers_hold_the_buckets_the_bits_are_the_same(int servers)
    {
        var expected = HessianReference.AtRandom.Recursion<float>(seed: 7, steps: 12).State;
        using var meeting = new ServersInOneProcess(servers);
        var parts = meeting.Run(HessianReference.Net, (part, totals, gather) =>
        {
            var lanczos = new Lanczos<float>(part, totals);
            lanczos.Begin(DenseMatrix.Direction<float>(part, seed: 7, probe: 0));
            for (var step = 0; step < 12; step++)
                lanczos.Take(HessianReference.AtRandom.Times<float>(gather(lanczos.Next!.Value)).AsSpan(part.Offset, part.Length));
            return lanczos.State;
        });
        Assert.All(parts, part => Assert.Equal((expected.Alphas, expected.Betas), (part.Alphas, part.Betas), Equal));
        for (var i = 0; i < expected.Basis.Count; i++)
            Assert.Equal(expected.Basis[i].ToArray(), parts.SelectMany(part => part.Basis[i].ToArray()));
    }

    [Fact]
    public void A_matrix_of_zeros_is_invariant_at_once()
    {
        var lanczos = new DenseMatrix(HessianReference.Toy, [0, 0, 0, 0]).Recursion<double>(seed: 8);
        Assert.Equal((1, 0.0, 0.0), (lanczos.Steps, lanczos.State.Alphas[0], lanczos.State.Betas[0]));
        Assert.Null(lanczos.Next);
    }

    [Fact]
    public void A_direction_inside_the_basis_begins_nothing()
    {
        var lanczos = HessianReference.AtRandom.Whole<double>(seed: 9);
        Assert.False(lanczos.Begin(DenseMatrix.Direction<double>(new VectorPart(HessianReference.Net, ..), seed: 10, probe: 0)));
        Assert.False(new Lanczos<double>(new VectorPart(HessianReference.Toy, ..), BucketOrder.Add).Begin(new double[HessianReference.Toy.TrainableLength]));
    }

    [Fact]
    public void What_is_out_of_turn_or_not_finite_is_refused()
    {
        var part = new VectorPart(HessianReference.Toy, ..);
        var lanczos = new Lanczos<double>(part, BucketOrder.Add);
        Assert.Throws<InvalidOperationException>(() => lanczos.Take(new double[part.Length]));
        lanczos.Begin(DenseMatrix.Direction<double>(part, seed: 1, probe: 0));
        Assert.Throws<InvalidOperationException>(() => lanczos.Begin(new double[part.Length]));
        var product = new double[part.Length];
        product[0] = double.NaN;
        Assert.Throws<ArithmeticException>(() => lanczos.Take(product));
        // As if it had not come: what is saved knows nothing of it.
        Assert.Equal(0, lanczos.Steps);
    }

    private static RitzSpectrum Spectrum<T>(Lanczos<T> lanczos)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> => RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);

    private static double[] VectorOf(Lanczos<double> lanczos, RitzSpectrum spectrum, int index)
    {
        var flat = new double[HessianReference.Net.TrainableLength];
        lanczos.Combine(spectrum.Coefficients(index), flat);
        return [.. HessianReference.Net.Segments.SelectMany(segment => flat[segment.Offset..segment.End])];
    }

    private static void AssertParallel(double[] expected, double[] actual)
    {
        var sign = Math.Sign(expected.Zip(actual).Sum(pair => pair.First * pair.Second));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, sign * pair.Second, 1e-9));
    }

    private static void AssertRelative(double expected, double actual, double tolerance) => Assert.Equal(expected, actual, Math.Abs(expected) * tolerance);

    private static bool Equal((IReadOnlyList<double>, IReadOnlyList<double>) a, (IReadOnlyList<double>, IReadOnlyList<double>) b) =>
        a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2);

    private static void AssertSame(LanczosState<float> expected, LanczosState<float> actual)
    {
        Assert.Equal(expected.Alphas, actual.Alphas);
        Assert.Equal(expected.Betas, actual.Betas);
        Assert.All(expected.Basis.Zip(actual.Basis), pair => Assert.Equal(pair.First.ToArray(), pair.Second.ToArray()));
    }
}
