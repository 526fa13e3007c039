using CsCheck;
using DistTrain.Optimization.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class RmsPropWarmUpTests
{
    [Theory]
    [InlineData(5, 0.067667641618306351)] // c − p: ½ e⁻²
    [InlineData(10, 0.5)]                 // c
    [InlineData(11.25, 0.75)]             // c + p/4
    [InlineData(12.5, 1)]                 // c + p/2
    [InlineData(90, 1)]
    public void The_share_of_momentum_turns_from_an_exponential_over_a_line_to_1(double epoch, double share) =>
        Assert.Equal(share, RmsPropWarmUp.MomentumPart(epoch, turnEpoch: 10, turnLength: 5), 1e-15);

    [Fact]
    public void The_share_has_no_jump_and_never_overshoots() =>
        Gen.Select(Gen.Double[0, 50], Gen.Double[0.1, 20], Gen.Double[0, 100]).Sample((c, p, epoch) =>
        {
            var step = p * 1e-6;
            foreach (var at in new[] { c, c + (p / 2), epoch })
            {
                var (before, after) = (RmsPropWarmUp.MomentumPart(at - step, c, p), RmsPropWarmUp.MomentumPart(at + step, c, p));
                // The slope is 1/p at most.
                Assert.InRange(after - before, 0, 2.001e-6);
                Assert.InRange(after, 0, 1);
            }
        });

    [Fact]
    public void Three_steps_by_hand()
    {
        // momentum 0.5, alpha 0.75, rmsRate / lr = 0.1 / 0.2 = 0.5; c = 10, p = 5. Gradients 2, 1 keep s at 1: 0.25 · 4, then 0.75 + 0.25.
        // epoch c − p,  a = ½ e⁻²:  d = −(a + (1 − a) · 0.5) · 2 = −(1 + a)
        // epoch c,      ½:          d = −0.5 (1 + a) − (0.5 + 0.5 · 0.5) · 1
        // epoch c + p/2, 1:         d = 0.5 d + 4, whatever s is                   (gradient −4)
        var a = 0.5 * Math.Exp(-2);
        var d1 = -(1 + a);
        var d2 = (0.5 * d1) - 0.75;
        var d3 = (0.5 * d2) + 4;
        var tensor = new OneTensor("rmsprop-warmup", [0], ("momentum", 0.5), ("alpha", 0.75), ("rmsRate", 0.1), ("epsilon", 1e-15));
        tensor.Step(0.2, [2], epoch: 5).AssertWeights(0.2 * d1);
        tensor.Step(0.2, [1], epoch: 10).AssertWeights(0.2 * (d1 + d2));
        tensor.Step(0.2, [-4], epoch: 12.5).AssertWeights(0.2 * (d1 + d2 + d3));
    }

    [Fact]
    public void After_the_turn_it_is_momentum() =>
        new OneTensor("rmsprop-warmup", [1, 2], ("weightDecay", 0.1)).Step(0.1, [1, 3], epoch: 20).Step(0.3, [2, -1], epoch: 20)
            .AssertWeights(new OneTensor("momentum", [1, 2], ("weightDecay", 0.1)).Step(0.1, [1, 3]).Step(0.3, [2, -1]).Weights);

    [Fact]
    public void At_rate_0_nothing_moves() => new OneTensor("rmsprop-warmup", [1]).Step(0, [1]).AssertWeights(1);
}
