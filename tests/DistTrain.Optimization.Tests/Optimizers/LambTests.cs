using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>With w = (3, 4), |w| = 5, and epsilon next to nothing, so that the first direction is the gradient's sign.</summary>
[Trait("Kind", "Fast")]
public class LambTests
{
    private static readonly string[] None = [];

    [Fact]
    public void Decay_joins_the_direction_and_not_the_gradient()
    {
        // u = (1, −1) + 1 · (3, 4) = (4, 3), |u| = 5, ratio 1. In the gradient, decay would make u = (1, 1).
        var tensor = Lamb(("weightDecay", 1.0)).Step(0.1, [1, -2]);
        Assert.Equal(1, tensor.Ratio, 1e-12);
        tensor.AssertWeights(2.6, 3.7);
        Assert.Equal([0.1, -0.2], tensor.Slot(0).Select(m => Math.Round(m, 12)));
    }

    [Fact]
    public void The_step_is_as_long_as_the_tensor_times_the_rate() =>
        // u = (1, −1), ratio 5 / sqrt 2
        Lamb().Step(0.1, [1, -2]).AssertWeights(3 - (0.5 / Math.Sqrt(2)), 4 + (0.5 / Math.Sqrt(2)));

    [Fact]
    public void A_tensor_of_zeros_has_ratio_1_whatever_bounds_its_norm()
    {
        var tensor = new OneTensor("lamb", [0, 0], ("epsilon", 1e-15), ("phiMinimum", 0.5)).Step(0.1, [1, -2]);
        Assert.Equal(1, tensor.Ratio);
        tensor.AssertWeights(-0.1, 0.1);
    }

    [Fact]
    public void A_direction_of_zeros_has_ratio_1()
    {
        var tensor = Lamb().Step(0.1, [0, 0]);
        Assert.Equal(1, tensor.Ratio);
        tensor.AssertWeights(3, 4);
    }

    [Fact]
    public void A_long_tensor_is_not_clamped_unless_a_maximum_says_so()
    {
        // |w| = 50: public ports clamp it to 10, which was the first version's bound on the ratio.
        Assert.Equal(50 / Math.Sqrt(2), Long().Ratio, 1e-12);
        Assert.Equal(10 / Math.Sqrt(2), Long(("phiMaximum", 10.0)).Ratio, 1e-12);
        Assert.Equal(60 / Math.Sqrt(2), Long(("phiMinimum", 60.0)).Ratio, 1e-12);

        static OneTensor Long(params (string Name, object Value)[] options) =>
            new OneTensor("lamb", [30, 40], [("weightDecay", 0.0), ("epsilon", 1e-15), .. options]).Step(0.1, [1, -2]);
    }

    [Fact]
    public void Without_bias_correction_the_raw_moments_make_the_direction()
    {
        // m = 0.1 g, v = 0.001 g²: u = 0.1 / sqrt(0.001) (1, −1), longer by sqrt 10; the ratio takes it back.
        var tensor = Lamb(("biasCorrection", false)).Step(0.1, [1, -2]);
        Assert.Equal(5 / Math.Sqrt(20), tensor.Ratio, 1e-12);
        tensor.AssertWeights(3 - (0.5 / Math.Sqrt(2)), 4 + (0.5 / Math.Sqrt(2)));
    }

    [Fact]
    public void Clipping_acts_before_the_moments()
    {
        var tensor = Lamb().Step(0.1, [1, -2], scale: 0.5);
        Assert.Equal([0.05, -0.1], tensor.Slot(0).Select(m => Math.Round(m, 12)));
        Assert.Equal([0.00025, 0.001], tensor.Slot(1).Select(v => Math.Round(v, 12)));
    }

    [Fact]
    public void What_is_not_decayed_and_what_is_not_adapted_are_two_settings()
    {
        // Sign (1, −1), decay 1: u = (4, 3) with ratio 1 either way; not decayed u = (1, −1), ratio 5 / sqrt 2 where adapted.
        Bias(["bias"], ["bias"]).AssertWeights(2.9, 4.1);
        Bias(["bias"], None).AssertWeights(3 - (0.5 / Math.Sqrt(2)), 4 + (0.5 / Math.Sqrt(2)));
        Bias(None, ["bias"]).AssertWeights(2.6, 3.7);

        static OneTensor Bias(string[] decayExclude, string[] adaptExclude) =>
            new OneTensor("lamb", SegmentKind.Bias, [3, 4], ("weightDecay", 1.0), ("epsilon", 1e-15), ("decayExclude", decayExclude), ("adaptExclude", adaptExclude))
                .Step(0.1, [1, -2]);
    }

    [Theory]
    [InlineData("paper", 3.5355339059327378)] // 5 / sqrt 2
    [InlineData("nvlamb", 1)]
    public void Nvlamb_does_not_adapt_what_is_not_decayed(string variant, double ratio)
    {
        Assert.Equal(ratio, Lamb(("variant", variant)).Step(0.1, [1, -2]).Ratio, 1e-12);
        var bias = new OneTensor(
            "lamb", SegmentKind.Bias, [3, 4], ("variant", variant), ("weightDecay", 1.0), ("decayExclude", new[] { "bias" }), ("adaptExclude", None), ("epsilon", 1e-15));
        Assert.Equal(ratio, bias.Step(0.1, [1, -2]).Ratio, 1e-12);
    }

    [Fact]
    public void Nvlamb_takes_its_moments_of_the_gradient_with_norm_1_at_most()
    {
        // Decay 1. The whole gradient's norm is 2, then below 1: scales ½ and 1, so the moments see (1, −1) twice, m̂ = (1, −1), v̂ = 1.
        // u1 = (1, −1) + (3, 4) = (4, 3), ratio 1: w1 = (2.6, 3.7), |w1|² = 20.45
        // u2 = (1, −1) + w1 = (3.6, 2.7), |u2| = 4.5: w2 = w1 − 0.1 · sqrt(20.45) / 4.5 · u2
        var tensor = Lamb(("variant", "nvlamb"), ("weightDecay", 1.0)).Step(0.1, [2, -2], scale: 0.5).Step(0.1, [1, -1]);
        tensor.AssertWeights(2.6 - (0.08 * Math.Sqrt(20.45)), 3.7 - (0.06 * Math.Sqrt(20.45)));
    }

    [Theory]
    [InlineData("paper", 0)]
    [InlineData("nvlamb", 1)]
    public void Nvlamb_brings_its_limit_on_the_whole_gradient_along(string variant, double limit)
    {
        var definition = OptimizerCatalog.Find("lamb")!;
        Assert.Equal(limit, definition.ClipNormOf(new OptionValues(definition.Options, new Dictionary<string, object> { ["variant"] = variant })));
    }

    /// <summary>Not decayed unless said.</summary>
    private static OneTensor Lamb(params (string Name, object Value)[] options) =>
        new("lamb", [3, 4], options.Any(o => o.Name == "weightDecay") ? [("epsilon", 1e-15), .. options] : [("epsilon", 1e-15), ("weightDecay", 0.0), .. options]);
}
