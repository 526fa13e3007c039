namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class AdamTests
{
    private static readonly (string, object)[] Tiny = [("epsilon", 1e-15)];

    [Fact]
    public void The_moments_are_not_overwritten_by_their_corrected_values()
    {
        // g = 1 twice: m = 0.1, 0.9 · 0.1 + 0.1 ; v = 0.01, 0.99 · 0.01 + 0.01. Corrected, both are 1 at every step.
        var tensor = new OneTensor("adam", [0], ("beta2", 0.99), ("epsilon", 1e-15)).Step(0.1, [1]).Step(0.1, [1]);
        Assert.Equal(0.19, tensor.Slot(0)[0], 1e-15);
        Assert.Equal(0.0199, tensor.Slot(1)[0], 1e-15);
        tensor.AssertWeights(-0.2);
    }

    [Fact]
    public void Under_a_constant_gradient_every_step_is_the_rate_long() =>
        new OneTensor("adam", [0, 0], Tiny).Step(0.1, [1e-3, -1e3]).Step(0.2, [1e-3, -1e3]).Step(0.3, [1e-3, -1e3]).AssertWeights(-0.6, 0.6);

    [Fact]
    public void Epsilon_is_added_to_the_corrected_root() =>
        // m̂ = 3, v̂ = 9: w1 = −0.1 · 3 / (3 + 1). With the raw root it would be −0.1 · 3 · sqrt(1 − beta2) / (3 sqrt(1 − beta2) + 1).
        new OneTensor("adam", [0], ("epsilon", 1.0)).Step(0.1, [3]).AssertWeights(-0.075);

    [Fact]
    public void Amsgrad_divides_by_the_largest_mean_square_so_far()
    {
        // beta1 = 0, beta2 = 0.5: v = 2, then 0.5 · 2 + 0.5 · 1 = 1.5; the largest stays 2. v̂ = 2 / (1 − 0.25): w2 = w1 − 0.1 / sqrt(8 / 3)
        var tensor = new OneTensor("adam", [0], ("beta1", 0.0), ("beta2", 0.5), ("amsgrad", true), ("epsilon", 1e-15)).Step(0.1, [2]).Step(0.1, [1]);
        Assert.Equal([1.5], tensor.Slot(1));
        Assert.Equal([2.0], tensor.Slot(2));
        tensor.AssertWeights(-0.1 - (0.1 / Math.Sqrt(8.0 / 3)));
    }

    [Fact]
    public void Adams_decay_is_divided_like_a_gradient_and_AdamWs_is_not()
    {
        // w = 2, g = 0, decay 0.1. Adam: g' = 0.2, whose step is the rate, whatever the decay. AdamW: 2 (1 − 0.5 · 0.1).
        new OneTensor("adam", [2], ("weightDecay", 0.1), ("epsilon", 1e-15)).Step(0.5, [0]).AssertWeights(1.5);
        var decoupled = new OneTensor("adamw", [2], ("weightDecay", 0.1), ("epsilon", 1e-15)).Step(0.5, [0]);
        decoupled.AssertWeights(1.9);
        Assert.Equal([0.0], decoupled.Slot(0));
    }
}
