using CsCheck;
using DistTrain.Optimization.Gradients;

namespace DistTrain.Optimization.Tests.Gradients;

[Trait("Kind", "Fast")]
public class NoiseScaleTests
{
    /// <summary>
    /// Mean gradients (3, 0) over one example and (1, 2) over three, and a rank with none: ḡ = (1.5, 1.5), B = 4, h = 2 / (1 + 1/3) = 1.5;
    /// |G|² = (4 · 4.5 − 1.5 · 7) / 2.5 = 3, tr Σ = (7 − 4.5) / (1/1.5 − 1/4) = 6.
    /// </summary>
    [Fact]
    public void Unequal_shares_and_an_empty_one_by_hand()
    {
        var noise = default(NoiseScale).With(4.5, [(1, 0.5625), (3, 2.8125), (0, 0)], smoothing: 0.5);
        Assert.Equal(3, noise.Square / noise.Weight, 1e-12);
        Assert.Equal(6, noise.Trace / noise.Weight, 1e-12);
        Assert.Equal(2, noise.Scale, 1e-12);
        Assert.Equal(0.5, noise.Weight);
        Assert.Equal(7 / 4.5, noise.Gain(3), 1e-12);
    }

    /// <summary>The ratio is that of the means, not the mean of the ratios.</summary>
    [Fact]
    public void Two_steps_by_hand()
    {
        // Two ranks of one example: |G|² = 2|ḡ|² − mean, tr Σ = 2 (mean − |ḡ|²). First 1 and 2, then 0 and 6.
        var noise = default(NoiseScale).With(2, [(1, 0.75), (1, 0.75)], smoothing: 0.75).With(3, [(1, 1.5), (1, 1.5)], smoothing: 0.75);
        Assert.Equal(0.25 * 0.75 * 1, noise.Square, 1e-12);
        Assert.Equal((0.25 * 0.75 * 2) + (0.25 * 6), noise.Trace, 1e-12);
        Assert.Equal(1 - (0.75 * 0.75), noise.Weight, 1e-12);
        Assert.Equal(10, noise.Scale, 1e-12);
    }

    [Fact]
    public void A_step_of_fewer_than_two_ranks_with_examples_tells_nothing()
    {
        var noise = default(NoiseScale).With(4.5, [(1, 0.5625), (3, 2.8125)], 0.9);
        Assert.Equal(noise, noise.With(1, [(4, 1)], 0.9));
        Assert.Equal(noise, noise.With(1, [(0, 0), (4, 1), (0, 0)], 0.9));
        Assert.Equal(noise, noise.With(0, [], 0.9));
    }

    [Fact]
    public void Nothing_known_is_no_scale_and_a_gain_of_1()
    {
        Assert.False(default(NoiseScale).Scale > 0);
        Assert.Equal(1, default(NoiseScale).Gain(8));
    }

    [Fact]
    public void The_gain_lies_between_1_and_the_number_of_ranks() =>
        Gen.Select(Gen.Int[2, 9], Gen.Select(Gen.Double[0, 10], Gen.Select(Gen.Int[0, 20], Gen.Double[0, 10]).Array[2, 9]).Array[1, 20]).Sample((ranks, steps) =>
        {
            var noise = steps.Aggregate(default(NoiseScale), (noise, step) => noise.With(step.Item1, [.. step.Item2.Select(s => (s.Item1, s.Item2))], 0.9));
            Assert.InRange(noise.Gain(ranks), 1, ranks);
        });

    /// <summary>Where the true gradient and the noise are known, the estimates come near them, however unequal the shares.</summary>
    [Theory]
    [InlineData(1, 8, 8)]
    [InlineData(2, 1, 3, 8, 0)]
    [InlineData(3, 64, 1)]
    public void Estimates_come_near_the_gradient_and_the_noise_of_Gaussian_examples(int seed, params int[] shares)
    {
        const int dimensions = 30;
        const int steps = 20_000;
        var random = new Random(seed);
        var gradient = Enumerable.Range(0, dimensions).Select(i => 0.1 * (i % 5)).ToArray();
        var deviations = Enumerable.Range(0, dimensions).Select(i => 0.5 + (0.05 * i)).ToArray();
        var (square, trace) = (gradient.Sum(g => g * g), deviations.Sum(d => d * d));
        double batch = shares.Sum();
        var noise = default(NoiseScale);
        for (var step = 0; step < steps; step++)
        {
            var average = new double[dimensions];
            var said = new List<(int, double)>();
            foreach (var count in shares)
            {
                double own = 0;
                for (var i = 0; i < dimensions && count > 0; i++)
                {
                    // The mean of `count` examples, as the share of the batch that the rank pushes.
                    var pushed = (gradient[i] + (deviations[i] / Math.Sqrt(count) * Normal(random))) * (count / batch);
                    average[i] += pushed;
                    own += pushed * pushed;
                }

                said.Add((count, own));
            }

            noise = noise.With(average.Sum(x => x * x), said, smoothing: 0.9998);
        }

        Assert.Equal(square, noise.Square / noise.Weight, 0.05 * square);
        Assert.Equal(trace, noise.Trace / noise.Weight, 0.02 * trace);
        Assert.Equal(trace / square, noise.Scale, 0.06 * trace / square);
    }

    /// <summary>AdaScale's two ends: a step of n ranks is worth one step without noise, and n steps where all is noise.</summary>
    [Fact]
    public void The_gain_is_1_without_noise_and_the_number_of_ranks_without_gradient()
    {
        var (still, lost) = (default(NoiseScale), default(NoiseScale));
        var random = new Random(4);
        for (var step = 0; step < 5000; step++)
        {
            still = still.With(2, [(5, 2.0 / 16), (5, 2.0 / 16), (5, 2.0 / 16), (5, 2.0 / 16)], 0.999);
            var pushed = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 20).Select(_ => Normal(random)).ToArray()).ToArray();
            var average = Enumerable.Range(0, 20).Select(i => pushed.Sum(p => p[i])).Sum(x => x * x);
            lost = lost.With(average, [.. pushed.Select(p => (5, p.Sum(x => x * x)))], 0.999);
        }

        Assert.Equal(1, still.Gain(4), 1e-9);
        Assert.Equal(4, lost.Gain(4), 0.1);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
