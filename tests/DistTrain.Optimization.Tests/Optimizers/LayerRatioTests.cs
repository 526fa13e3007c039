using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class LayerRatioTests
{
    [Theory]
    [InlineData(5, 2, 2.5)]
    [InlineData(0, 2, 0)]
    [InlineData(5, 1e-29, 5e29)]
    [InlineData(5, 1e-38, 1)]
    [InlineData(5, 0, 1)]
    public void A_divisor_as_good_as_0_makes_the_ratio_1(double length, double divisor, double ratio) => Assert.Equal(ratio, LayerRatio.Of(length, divisor));

    // Without a bound LAMB's direction of 1e-38 times a ratio of 1e39, in float32 infinity, is NaN where the direction is 0.
    [Theory]
    [InlineData("lars")]
    [InlineData("lamb")]
    public void A_gradient_that_dies_away_leaves_the_weights_finite(string optimizer)
    {
        var rule = OptimizerByName.Create<float>(optimizer, new Dictionary<string, object> { ["weightDecay"] = 0.0 });
        var cut = new CutTensor<float>(rule, new Segment("w", SegmentKind.Weight, [2], 0, Initialization.Zero));
        float[] w = [3, 4];
        for (var step = 0; step < 1200; step++)
            w = cut.Step(new UpdateTime(step, 0.001, 0.001), w, [float.Max((float)Math.Pow(0.9, step), float.Epsilon), 0]);
        Assert.All(w, x => Assert.True(float.IsFinite(x), $"{x}"));
    }
}
