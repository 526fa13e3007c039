using DistTrain.Optimization.Landscape;
using DistTrain.Torch.Hosting;

namespace DistTrain.Torch.Tests.Landscape;

/// <summary>Second derivatives of real replicas against the exact Hessians that PyTorch gave.</summary>
[Trait("Kind", "Fast")]
public class HessianTests
{
    public HessianTests() => NativeEnvironment.Prepare();

    [Fact]
    public void Loss_gradient_and_product_are_PyTorchs()
    {
        var point = ReferenceNet.At("at_random");
        using var net = ReferenceNet.Small().MoveTo(point);
        var (loss, gradient) = net.Of(.., direction: null);
        Assert.Equal(point.GetProperty("loss").GetDouble(), loss, 1e-14);
        AssertClose(ReferenceNet.Numbers(point.GetProperty("grad")), net.Gather(gradient), 1e-14);
        var direction = net.Scatter(ReferenceNet.Numbers(point.GetProperty("hvp_vector")));
        AssertClose(ReferenceNet.Numbers(point.GetProperty("hvp")), net.Gather(net.Of(.., direction).Sum), 1e-14);
    }

    [Fact]
    public void Products_with_every_axis_are_the_whole_Hessian()
    {
        var point = ReferenceNet.At("at_random");
        using var net = ReferenceNet.Small().MoveTo(point);
        var expected = ReferenceNet.Numbers(point.GetProperty("hessian"));
        for (var column = 0; column < 43; column++)
        {
            var axis = new double[43];
            axis[column] = 1;
            AssertClose(expected.AsSpan(column * 43, 43).ToArray(), net.Gather(net.Of(.., net.Scatter(axis)).Sum), 1e-14);
        }
    }

    /// <summary>The rows are divided as the vectors divide them; a shard's sum is over the whole number.</summary>
    [Fact]
    public void Shards_add_up_to_the_whole()
    {
        var point = ReferenceNet.At("at_random");
        using var net = ReferenceNet.Small().MoveTo(point);
        var direction = net.Scatter(ReferenceNet.Numbers(point.GetProperty("hvp_vector")));
        var sum = new double[43];
        var start = 0;
        foreach (var shard in ReferenceNet.At("shards").EnumerateArray())
        {
            var rows = shard.GetProperty("rows").GetInt32();
            var part = net.Gather(net.Of(start..(start + rows), direction).Sum);
            AssertClose([.. ReferenceNet.Numbers(shard.GetProperty("hvp_mean")).Select(mean => mean * rows / 24)], part, 1e-14);
            sum = [.. sum.Zip(part, (a, b) => a + b)];
            start += rows;
        }

        AssertClose(ReferenceNet.Numbers(point.GetProperty("hvp")), sum, 1e-10);
    }

    public static TheoryData<string, double, Verdict> Points => new()
    {
        { "at_random", 0, Verdict.NotCritical },
        { "after_4000_gd_steps_lr_0.5", 0, Verdict.NotCritical },
        { "all_zero", 0, Verdict.NotCritical },
        { "zero_weights_bias_log_freq", 0, Verdict.Saddle },
        { "regularised_minimum", 0.02, Verdict.Minimum },
    };

    [Theory]
    [MemberData(nameof(Points))]
    public void Spectrum_shares_and_verdict_at_the_vectors_points(string name, double decay, Verdict expected)
    {
        var point = ReferenceNet.At(name);
        using var net = ReferenceNet.Small().MoveTo(point);
        var lanczos = Whole(net, decay);
        var eigenvalues = ReferenceNet.Numbers(point.GetProperty(decay == 0 ? "eigenvalues_ascending" : "eigenvalues_ascending_with_l2"));
        var spectrum = RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);
        AssertClose(eigenvalues, [.. spectrum.Values.Select(value => value.Value)], 1e-12);
        var found = CriticalPoint.Of(GradientNorm(net, decay), spectrum.Smallest, spectrum.Largest, new CriticalPointTolerances());
        Assert.Equal(expected, found.Verdict);
        // An end within ±τ is 0 up to rounding.
        Assert.Equal(eigenvalues[^1], spectrum.Largest.Value, 1e-6 * Math.Max(Math.Abs(eigenvalues[^1]), found.CurvatureTolerance));
        Assert.Equal(eigenvalues[0], spectrum.Smallest.Value, 1e-6 * Math.Max(Math.Abs(eigenvalues[0]), found.CurvatureTolerance));
        var shares = CurvatureShares.Count(spectrum, found.CurvatureTolerance);
        Assert.Equal(eigenvalues.Count(e => e > found.CurvatureTolerance) / 43.0, shares.Positive.Estimate.Value);
        Assert.Equal(eigenvalues.Count(e => e < -found.CurvatureTolerance) / 43.0, shares.Negative.Estimate.Value);
    }

    /// <summary>1,095 parameters: two eigenvalues at either end, once the residuals are within the goal, to what these promise.</summary>
    [Fact]
    public void The_ends_of_a_larger_net()
    {
        var medium = ReferenceNet.At("medium");
        using var net = ReferenceNet.Medium().MoveTo(medium);
        var lanczos = Begin(net, seed: 1);
        var goal = new LanczosGoal(Steps: 200, Largest: 2, Smallest: 2);
        RitzSpectrum spectrum;
        double tau;
        do
        {
            Assert.InRange(lanczos.Steps, 0, goal.Steps - 1);
            lanczos.Take(Product(net, lanczos, decay: 0));
            spectrum = RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);
            tau = new CriticalPointTolerances().Curvature(spectrum.Smallest.Value, spectrum.Largest.Value);
        }
        while (!goal.IsFound(spectrum, tau));
        double[] known = [.. ReferenceNet.Numbers(medium.GetProperty("top10_descending")), .. ReferenceNet.Numbers(medium.GetProperty("bottom10_ascending"))];
        double[] found = [spectrum.Largest.Value, spectrum.Values[^2].Value, spectrum.Smallest.Value, spectrum.Values[1].Value];
        foreach (var (place, value) in new[] { 0, 1, 10, 11 }.Zip(found))
            Assert.Equal(known[place], value, RitzError.Bound(known, place, tau));
    }

    [Fact]
    public void The_trace_of_a_larger_net_lies_within_three_error_bars()
    {
        var medium = ReferenceNet.At("medium");
        using var net = ReferenceNet.Medium().MoveTo(medium);
        var probes = Enumerable.Range(0, 30).Select(probe =>
        {
            var lanczos = Begin(net, seed: 2, probe);
            lanczos.Take(Product(net, lanczos, decay: 0));
            return RitzSpectrum.Of(lanczos.State.Alphas, lanczos.State.Betas);
        }).ToList();
        var trace = new Quadrature(probes, 1095).Trace();
        Assert.InRange(trace.Error, 0, 3);
        Assert.Equal(medium.GetProperty("trace").GetDouble(), trace.Value, 3 * trace.Error);
    }

    private static Lanczos<double> Whole(ReferenceNet net, double decay)
    {
        var lanczos = Begin(net, seed: 1);
        for (var restart = 1; !lanczos.IsComplete; restart++)
        {
            while (lanczos.Take(Product(net, lanczos, decay)))
            {
            }

            if (!lanczos.IsComplete)
                Assert.True(lanczos.Begin(Direction(net, seed: 1, probe: 0, restart)));
        }

        return lanczos;
    }

    private static Lanczos<double> Begin(ReferenceNet net, long seed, int probe = 0)
    {
        var lanczos = new Lanczos<double>(new VectorPart(net.Layout, ..), BucketOrder.Add);
        Assert.True(lanczos.Begin(Direction(net, seed, probe, restart: 0)));
        return lanczos;
    }

    private static double[] Direction(ReferenceNet net, long seed, int probe, int restart)
    {
        var direction = new double[net.Layout.TrainableLength];
        ProbeDirection.Fill<double>(new VectorPart(net.Layout, ..), ProbeDirectionKind.Gauss, seed, probe, restart, direction);
        return direction;
    }

    /// <summary>Of the loss + decay/2·‖θ‖².</summary>
    private static double[] Product(ReferenceNet net, Lanczos<double> lanczos, double decay)
    {
        var direction = lanczos.Next!.Value.ToArray();
        return [.. net.Of(.., direction).Sum.Zip(direction, (product, v) => product + (decay * v))];
    }

    private static double GradientNorm(ReferenceNet net, double decay) =>
        Math.Sqrt(net.Of(.., direction: null).Sum.Zip(net.Replica.Parameters.ToArray(), (g, w) => g + (decay * w)).Sum(g => g * g));

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
