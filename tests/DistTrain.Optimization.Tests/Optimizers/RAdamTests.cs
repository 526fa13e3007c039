using DistTrain.Optimization.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class RAdamTests
{
    // beta2 = 0.999: ρ∞ = 1999, ρ5 = 1999 − 10 · 0.999^5 / (1 − 0.999^5) = 4.996…, between the paper's threshold and PyTorch's.
    private const double FirstRectification = 0.017311503166315034;

    [Theory]
    [InlineData("paper", 5)]
    [InlineData("torch", 6)]
    public void The_first_rectified_step_is_the_fifth_in_the_paper_and_the_sixth_in_torch(string threshold, int first)
    {
        // g = 1 throughout: m̂ = v̂ = 1, so a step is lr, or lr · r once rectified.
        var tensor = new OneTensor("radam", [0], ("threshold", threshold), ("epsilon", 1e-15));
        for (var t = 1; t < first; t++)
            tensor.Step(0.1, [1]).AssertWeights(-0.1 * t);
        var before = tensor.Weights[0];
        tensor.Step(0.1, [1]).AssertWeights(before - (0.1 * RAdam.Rectification(0.999, first, 4)));
    }

    [Fact]
    public void The_rectification_is_that_of_the_paper()
    {
        Assert.Equal(0, RAdam.Rectification(0.999, 4, 4));
        Assert.Equal(FirstRectification, RAdam.Rectification(0.999, 5, 4), 1e-12);
        Assert.Equal(0, RAdam.Rectification(0.999, 5, 5));
        // It grows to 1: the variance of the rate is known in the end.
        Assert.Equal(1, RAdam.Rectification(0.999, 100_000, 5), 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(0.6)]
    public void With_a_short_memory_it_never_rectifies(double beta2) =>
        // ρ∞ = 2 / (1 − beta2) − 1 is at most 4, and ρ stays below it.
        Assert.All(Enumerable.Range(1, 1000), t => Assert.Equal(0, RAdam.Rectification(beta2, t, 4)));

    [Fact]
    public void Coupled_decay_goes_through_the_moments_and_decoupled_decay_beside_them()
    {
        // w = 1, g = 0, decay 0.1, rate 0.1, not rectified. Coupled: g' = 0.1, 0.099; m̂2 = (0.9 · 0.01 + 0.1 · 0.099) / 0.19 = 0.0189 / 0.19.
        Decayed(decoupled: false).AssertWeights(0.99 - (0.1 * 0.0189 / 0.19));
        Decayed(decoupled: true).AssertWeights(0.99 * 0.99);
    }

    private static OneTensor Decayed(bool decoupled) =>
        new OneTensor("radam", [1], ("weightDecay", 0.1), ("decoupledDecay", decoupled)).Step(0.1, [0]).Step(0.1, [0]);
}
