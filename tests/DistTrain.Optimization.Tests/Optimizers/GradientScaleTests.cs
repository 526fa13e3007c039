using DistTrain.Optimization.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>Clipping by the norm of the whole gradient reaches a rule as a factor.</summary>
[Trait("Kind", "Fast")]
public class GradientScaleTests
{
    public static TheoryData<string> Optimizers => [.. OptimizerCatalog.All.Select(d => d.Name)];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_scaled_gradient_is_as_good_as_a_smaller_one(string optimizer)
    {
        // Powers of two, so that scaling rounds nothing: the bits are equal.
        var (scaled, smaller) = (Start(), Start());
        for (var step = 0; step < 8; step++)
        {
            var scale = Math.Pow(2, -step);
            double[] gradient = [3 - step, 0.7 * step, -1.1];
            scaled.Step(0.1, gradient, scale: scale);
            smaller.Step(0.1, [.. gradient.Select(g => g * scale)]);
            Assert.Equal(smaller.Weights, scaled.Weights);
        }

        Assert.All(Enumerable.Range(0, scaled.Rule.Slots), slot => Assert.Equal(smaller.Slot(slot), scaled.Slot(slot)));

        OneTensor Start() => new(optimizer, [1, -2, 3], ("weightDecay", 0.125));
    }

    [Fact]
    public void Decay_is_not_scaled_with_the_gradient() =>
        // w1 = 2 − 0.1 (0.5 · 1 + 0.25 · 2)
        new OneTensor("gradient-descent", [2], ("weightDecay", 0.25)).Step(0.1, [1], scale: 0.5).AssertWeights(1.9);
}
