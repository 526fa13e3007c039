using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Gradients;

/// <summary>
/// The noise scale against its definition (1812.06162, equation 2.2): on a small net the gradient of every example is known, and with it G, their mean,
/// and tr Σ, the variance around it. Over 1,000 seeds the means of a step's estimates are theirs within the standard error.
/// </summary>
[Trait("Kind", "Fast")]
public class NoiseOfExamplesTests
{
    private const int Seeds = 1000;

    /// <summary>So many standard errors are passed by chance once in 300 times; the seeds are fixed.</summary>
    private const double StandardErrors = 3;

    private static readonly double[][] _gradients = Gradients();

    private static readonly double[] _mean = Mean(_gradients);

    private static readonly double _square = _mean.Sum(g => g * g);

    private static readonly double _trace = _gradients.Average(gradient => gradient.Zip(_mean, (g, mean) => (g - mean) * (g - mean)).Sum());

    [Theory]
    [InlineData(8, 4, 4)]
    [InlineData(6, 1, 3, 2)]
    [InlineData(8, 7, 0, 1)]
    public void Of_examples_that_are_drawn_independently_both_estimates_are_unbiased(int batch, params int[] shares)
    {
        var estimates = Enumerable.Range(0, Seeds).Select(seed =>
        {
            var random = new Random(seed);
            return Estimate(shares, Enumerable.Range(0, batch).Select(_ => random.Next(_gradients.Length)));
        }).ToList();
        AssertUnbiased(_square, estimates, e => e.Square);
        AssertUnbiased(_trace, estimates, e => e.Trace);
    }

    /// <summary>
    /// A job takes its examples from a permutation, each once an epoch. Then tr Σ is that of a sample, over n − 1, and |G|² is less by it over n: both are
    /// what they would be of the data that the n examples were drawn from.
    /// </summary>
    [Fact]
    public void In_the_order_of_a_job_they_are_those_of_what_the_training_set_was_drawn_from()
    {
        var n = _gradients.Length;
        var sample = _trace * n / (n - 1);
        var estimates = Enumerable.Range(0, Seeds).Select(seed => Estimate([3, 3], Permutation.Of(seed, 0, 0, n).Take(6))).ToList();
        AssertUnbiased(_square - (sample / n), estimates, e => e.Square);
        AssertUnbiased(sample, estimates, e => e.Trace);
    }

    /// <summary>The scale of a run at weights that stand still: the ratio of the running means, whose bias falls with the steps that count.</summary>
    [Fact]
    public void Smoothed_over_many_steps_the_scale_is_that_of_the_definition()
    {
        var random = new Random(1);
        var noise = default(NoiseScale);
        for (var step = 0; step < 20_000; step++)
            noise = noise.With(Estimate([4, 4], Enumerable.Range(0, 8).Select(_ => random.Next(_gradients.Length))), smoothing: 0.9998);
        Assert.Equal(_trace / _square, noise.Scale, 0.05 * _trace / _square);
    }

    private static void AssertUnbiased(double expected, IReadOnlyList<NoiseEstimate> estimates, Func<NoiseEstimate, double> of)
    {
        var mean = estimates.Average(of);
        var error = Math.Sqrt(estimates.Sum(e => (of(e) - mean) * (of(e) - mean)) / (estimates.Count - 1) / estimates.Count);
        Assert.True(Math.Abs(mean - expected) < StandardErrors * error, $"{mean} ± {error}, not {expected}");
        // Not because it says nothing.
        Assert.True(error < 0.1 * Math.Abs(expected), $"{mean} ± {error} of {expected}");
    }

    /// <summary>A step of these examples, of which each rank has the next few.</summary>
    private static NoiseEstimate Estimate(int[] shares, IEnumerable<int> examples)
    {
        var left = new Queue<int>(examples);
        double batch = left.Count;
        var average = new double[_mean.Length];
        var said = new List<(int, double)>();
        foreach (var count in shares)
        {
            var pushed = new double[_mean.Length];
            for (var i = 0; i < count; i++)
            {
                foreach (var (element, g) in _gradients[left.Dequeue()].Index())
                    pushed[element] += g / batch;
            }

            for (var i = 0; i < pushed.Length; i++)
                average[i] += pushed[i];
            said.Add((count, pushed.Sum(g => g * g)));
        }

        Assert.Empty(left);
        return NoiseEstimate.Of(average.Sum(g => g * g), said)!.Value;
    }

    private static double[][] Gradients()
    {
        var reference = DataParallelReference.Read();
        var net = new ReluNet(reference.Layout);
        return [.. reference.Examples.Zip(reference.Labels, (x, label) =>
        {
            var gradient = new double[reference.Layout.Length];
            net.Backward(reference.Start, x, label, gradient);
            return gradient;
        })];
    }

    private static double[] Mean(double[][] gradients) => [.. Enumerable.Range(0, gradients[0].Length).Select(i => gradients.Average(g => g[i]))];
}
