using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>With w = (3, 4), |w| = 5, and g = (0.8, 0.6), |g| = 1; coefficient 0.1.</summary>
[Trait("Kind", "Fast")]
public class LarsTests
{
    private static readonly string[] None = [];

    [Fact]
    public void Decay_stands_in_the_ratio_and_in_the_gradient()
    {
        // λ = 0.1 · 5 / (1 + 0.5 · 5) = 1/7;  w1 = w − 0.5 / 7 · (g + 0.5 w)
        var tensor = Lars(("weightDecay", 0.5), ("momentum", 0.0)).Step(0.5, [0.8, 0.6]);
        Assert.Equal(1.0 / 7, tensor.Ratio, 1e-15);
        tensor.AssertWeights(3 - (0.5 / 7 * 2.3), 4 - (0.5 / 7 * 2.6));
    }

    [Fact]
    public void In_the_papers_form_rate_and_ratio_stand_inside_the_velocity() =>
        // λ = 0.5: v1 = 0.25 (0.6, 0.8), w1 = (2.85, 3.8), |w1| = 4.75;  λ = 0.475: v2 = 0.9 v1 + 0.1 · 0.475 (0.6, 0.8)
        Lars(("weightDecay", 0.0)).Step(0.5, [0.6, 0.8]).Step(0.1, [0.6, 0.8]).AssertWeights(2.85 - 0.135 - 0.0285, 3.8 - 0.18 - 0.038);

    [Fact]
    public void In_the_torch_form_the_rate_stands_outside() =>
        // v1 = 0.5 (0.6, 0.8), w1 as above;  v2 = 0.9 v1 + 0.475 (0.6, 0.8) = (0.555, 0.74);  w2 = w1 − 0.1 v2
        Lars(("weightDecay", 0.0), ("form", "torch")).Step(0.5, [0.6, 0.8]).Step(0.1, [0.6, 0.8]).AssertWeights(2.7945, 3.726);

    [Fact]
    public void Without_decay_a_tensor_is_still_adapted()
    {
        var tensor = Lars(("weightDecay", 0.0), ("momentum", 0.0)).Step(0.5, [0.8, 0.6]);
        Assert.Equal(0.5, tensor.Ratio, 1e-15);
        tensor.AssertWeights(2.8, 3.85);
    }

    [Fact]
    public void A_tensor_of_zeros_has_ratio_1()
    {
        var tensor = new OneTensor("lars", [0, 0]).Step(0.5, [0.8, 0.6]);
        Assert.Equal(1, tensor.Ratio);
        tensor.AssertWeights(-0.4, -0.3);
    }

    [Fact]
    public void A_gradient_of_zeros_has_ratio_1()
    {
        // Only decay is left: w1 = w − 0.5 · 0.1 w
        var tensor = Lars(("weightDecay", 0.1)).Step(0.5, [0, 0]);
        Assert.Equal(1, tensor.Ratio);
        tensor.AssertWeights(2.85, 3.8);
    }

    [Fact]
    public void What_is_not_decayed_and_what_is_not_adapted_are_two_settings()
    {
        // Neither: w − 0.5 g.  Adapted, λ = 0.5: w − 0.25 g.  Decayed: w − 0.5 (g + 0.5 w).  Both, λ = 1/7: w − 0.5 / 7 (g + 0.5 w).
        Bias(["bias"], ["bias"]).AssertWeights(2.6, 3.7);
        Bias(["bias"], None).AssertWeights(2.8, 3.85);
        Bias(None, ["bias"]).AssertWeights(3 - (0.5 * 2.3), 4 - (0.5 * 2.6));
        Bias(None, None).AssertWeights(3 - (0.5 / 7 * 2.3), 4 - (0.5 / 7 * 2.6));

        static OneTensor Bias(string[] decayExclude, string[] adaptExclude) =>
            Lars(SegmentKind.Bias, ("weightDecay", 0.5), ("momentum", 0.0), ("decayExclude", decayExclude), ("adaptExclude", adaptExclude)).Step(0.5, [0.8, 0.6]);
    }

    [Theory]
    [InlineData(SegmentKind.Bias)]
    [InlineData(SegmentKind.Norm)]
    public void Biases_and_norms_are_neither_decayed_nor_adapted_by_default(SegmentKind kind) =>
        Lars(kind, ("weightDecay", 0.5), ("momentum", 0.0)).Step(0.5, [0.8, 0.6]).AssertWeights(2.6, 3.7);

    [Fact]
    public void Clipped_the_rate_only_bounds_the_step()
    {
        // λ = 0.5. Rate 1: min(0.5 / 1, 1), a step of 0.5 g. Rate 0.1: min(0.5 / 0.1, 1) = 1, a step of 0.1 g.
        Clipped(1).AssertWeights(2.6, 3.7);
        Clipped(0.1).AssertWeights(2.92, 3.94);

        static OneTensor Clipped(double rate) => Lars(("weightDecay", 0.0), ("momentum", 0.0), ("form", "torch"), ("clip", true)).Step(rate, [0.8, 0.6]);
    }

    [Fact]
    public void The_ratio_sees_the_gradient_as_it_was_clipped()
    {
        // |g| = 1 · ½: λ = 0.1 · 5 / (0.5 + 0.5 · 5) = 1/6
        var tensor = Lars(("weightDecay", 0.5), ("momentum", 0.0)).Step(0.5, [0.8, 0.6], scale: 0.5);
        Assert.Equal(1.0 / 6, tensor.Ratio, 1e-15);
        tensor.AssertWeights(3 - (0.5 / 6 * 1.9), 4 - (0.5 / 6 * 2.3));
    }

    private static OneTensor Lars(params (string Name, object Value)[] options) => Lars(SegmentKind.Weight, options);

    private static OneTensor Lars(SegmentKind kind, params (string Name, object Value)[] options) => new("lars", kind, [3, 4], [("coefficient", 0.1), .. options]);
}
