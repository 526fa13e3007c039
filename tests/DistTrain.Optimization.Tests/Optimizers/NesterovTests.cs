namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class NesterovTests
{
    [Fact]
    public void The_first_velocity_is_the_gradient_and_the_step_looks_ahead_along_it()
    {
        // v1 = 1: w1 = −0.1 (1 + 0.9 · 1);  v2 = 1.9: w2 = w1 − 0.1 (1 + 0.9 · 1.9)
        var tensor = new OneTensor("nesterov", [0]).Step(0.1, [1]);
        tensor.AssertWeights(-0.19);
        tensor.Step(0.1, [1]).AssertWeights(-0.461);
    }

    [Fact]
    public void Decay_joins_both_gradients_of_the_step() =>
        // g' = 1 + 0.5 · 2 = 2: w1 = 2 − 0.1 (2 + 0.9 · 2)
        new OneTensor("nesterov", [2], ("weightDecay", 0.5)).Step(0.1, [1]).AssertWeights(1.62);
}
