using DistTrain.Optimization.Landscape;
using DistTrain.Torch.Hosting;

namespace DistTrain.Torch.Tests.Landscape;

/// <summary>Sharpness and critical sharpness of the vectors' nets, beside what is computed directly, in float64.</summary>
[Trait("Kind", "Fast")]
public class SharpnessTests
{
    private static readonly SharpnessPlan Plan = new(Epsilon: 1e-3, Rho: 0.002, Subspace: 8, Passes: 40);

    public SharpnessTests() => NativeEnvironment.Prepare();

    /// <summary>
    /// The highest loss of a box is not known, but what it lies between is: no lower than the best of many corners, each made better parameter by parameter,
    /// and no higher than what the exact gradient and Hessian allow.
    /// </summary>
    [Theory]
    [InlineData("at_random")]
    [InlineData("after_4000_gd_steps_lr_0.5")]
    public void The_highest_loss_of_a_box_is_within_its_bracket(string name)
    {
        var point = ReferenceNet.At(name);
        using var net = ReferenceNet.Small().MoveTo(point);
        var weights = ReferenceNet.Numbers(point.GetProperty("theta"));
        foreach (var found in Find(net).Where(found => found.Box != SharpnessBox.Subspace))
        {
            double[] radii = [.. weights.Select(w => found.Box == SharpnessBox.Full ? 1e-3 * (Math.Abs(w) + 1) : 0.002 * Math.Abs(w))];
            var at = net.Of(.., direction: null).Loss;
            Assert.Equal(point.GetProperty("loss").GetDouble(), at, 1e-12);
            var low = BestCorner(net, weights, radii);
            var gradient = net.Gather(net.Of(.., direction: null).Sum);
            double[][] hessian = [.. Enumerable.Range(0, 43).Select(axis => net.Gather(net.Of(.., net.Scatter([.. Enumerable.Range(0, 43).Select(i => i == axis ? 1.0 : 0)])).Sum))];
            var slope = radii.Select((r, i) => Math.Abs(gradient[i]) * r).Sum();
            var bend = radii.SelectMany((r, i) => radii.Select((other, j) => Math.Abs(hessian[i][j]) * r * other)).Sum() / 2;
            // The bounds hold but for third derivatives: these boxes are small.
            Assert.InRange(found.Highest - at, (low - at) * 0.9, (slope + bend) * 1.05);
            Assert.Equal(100 * (found.Highest - at) / (1 + at), found.Value, 1e-6 * found.Value);
        }
    }

    /// <summary>(1703.04933): one layer times a, the next by a, computes the same, and looks sharper to a box that knows of no scale.</summary>
    [Fact]
    public void A_net_whose_layers_are_scaled_against_each_other_deceives_the_papers_box_and_not_the_adaptive_one()
    {
        using var net = ReferenceNet.Relu();
        var weights = net.Gather(net.Replica.Parameters.ToArray());
        var before = Find(net).ToDictionary(found => found.Box);
        foreach (var a in new[] { 4.0, 3.0 })
        {
            // W1[5, 4] and b1[5], then W2[3, 5]; b2[3] stays.
            net.Scatter([.. weights.Select((w, i) => i < 25 ? w * a : i < 40 ? w / a : w)]).CopyTo(net.Replica.Parameters);
            var after = Find(net).ToDictionary(found => found.Box);
            Assert.False(Math.Abs(after[SharpnessBox.Full].Value / before[SharpnessBox.Full].Value - 1) < 0.1, $"{after[SharpnessBox.Full]}");
            Assert.False(Math.Abs(after[SharpnessBox.Subspace].Value / before[SharpnessBox.Subspace].Value - 1) < 0.1, $"{after[SharpnessBox.Subspace]}");
            // By a power of two nothing is rounded.
            if (a == 4)
                Assert.Equal(before[SharpnessBox.Adaptive], after[SharpnessBox.Adaptive]);
            else
                Assert.Equal(before[SharpnessBox.Adaptive].Value, after[SharpnessBox.Adaptive].Value, 1e-6 * before[SharpnessBox.Adaptive].Value);
        }
    }

    /// <summary>Where the loss along a step of gradient descent rises above what it was, found by halving in many more passes.</summary>
    [Theory]
    [InlineData("at_random", 0.5)]
    [InlineData("at_random", 0.01)]
    [InlineData("after_4000_gd_steps_lr_0.5", 0.5)]
    public void The_bracket_of_critical_sharpness_holds_the_scale_that_is_found_directly(string name, double rate)
    {
        using var net = ReferenceNet.Small().MoveTo(ReferenceNet.At(name));
        var (before, gradient) = net.Of(.., direction: null);
        var weights = net.Replica.Parameters.ToArray();
        var search = new CriticalScale();
        while (!search.IsDone)
            search.Take(Loss(search.Next));
        Assert.Equal(before, search.LossBefore, 1e-6 * before);
        var (low, high) = (1e-3, 1e-3);
        while (Loss(high) <= before && high < 1e6)
            (low, high) = (high, high * 1.02);
        while (high / low > 1 + 1e-9)
            (low, high) = Loss(Math.Sqrt(low * high)) <= before ? (Math.Sqrt(low * high), high) : (low, Math.Sqrt(low * high));
        Assert.True(search.Low <= high && low <= search.High, $"{low} to {high} is not in [{search.Low}, {search.High}]");

        double Loss(double scale)
        {
            for (var i = 0; i < gradient.Length; i++)
                net.Replica.Parameters.Span[i] = weights[i] - (scale * rate * gradient[i]);
            return net.Of(.., direction: null).Loss;
        }
    }

    private static IReadOnlyList<Sharpness> Find(ReferenceNet net)
    {
        var weights = net.Replica.Parameters.ToArray();
        var probe = new SharpnessProbe<double>(new VectorPart(net.Layout, ..), BucketOrder.Add, Plan, weights.AsMemory(0, net.Layout.TrainableLength));
        while (probe.Next is { } point)
        {
            point.CopyTo(net.Replica.Parameters);
            var (loss, gradient) = net.Of(.., direction: null);
            probe.Take(loss, gradient);
        }

        weights.CopyTo(net.Replica.Parameters);
        return Sharpness.Of(probe.Records, Plan);
    }

    /// <summary>The best of twenty corners, once none of them gets better by another side of one parameter.</summary>
    private static double BestCorner(ReferenceNet net, double[] weights, double[] radii)
    {
        var random = new Random(5);
        var best = double.NegativeInfinity;
        for (var start = 0; start < 20; start++)
        {
            int[] signs = [.. weights.Select(_ => random.Next(2) == 0 ? -1 : 1)];
            var here = At(signs);
            for (var improved = true; improved;)
            {
                improved = false;
                for (var i = 0; i < signs.Length; i++)
                {
                    signs[i] = -signs[i];
                    var there = At(signs);
                    if (there > here)
                        (here, improved) = (there, true);
                    else
                        signs[i] = -signs[i];
                }
            }

            best = Math.Max(best, here);
        }

        net.Scatter(weights).CopyTo(net.Replica.Parameters);
        return best;

        double At(int[] signs)
        {
            net.Scatter([.. weights.Select((w, i) => w + (signs[i] * radii[i]))]).CopyTo(net.Replica.Parameters);
            return net.Of(.., direction: null).Loss;
        }
    }
}
