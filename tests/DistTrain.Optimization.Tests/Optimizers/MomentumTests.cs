using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Optimizers;

[Trait("Kind", "Fast")]
public class MomentumTests
{
    // The witness of all forms: g = 1 twice, momentum 0.9, w0 = 0, rate 0.1 and then 0.01.
    [Fact]
    public void In_the_torch_form_the_rate_stands_outside_the_velocity() =>
        // v = 1, 1.9: w2 = −0.1 − 0.01 · 1.9
        Witness().AssertWeights(-0.119);

    [Fact]
    public void In_the_caffe_form_without_correction_old_gradients_keep_the_rate_they_came_with() =>
        // v = 0.1, 0.9 · 0.1 + 0.01: w2 = −0.1 − 0.1
        Witness(("form", "caffe"), ("momentumCorrection", false)).AssertWeights(-0.2);

    [Fact]
    public void Momentum_correction_makes_the_caffe_form_the_torch_form() =>
        // v = 0.1, 0.9 · (0.01 / 0.1) · 0.1 + 0.01 = 0.019
        Witness(("form", "caffe")).AssertWeights(-0.119);

    [Fact]
    public void The_corrected_caffe_form_follows_the_torch_form_along_every_schedule() =>
        Gen.Select(Gen.Double[0.01, 1].Array[20], Gen.Double[-1, 1].Array[20]).Sample((rates, gradients) =>
        {
            var (caffe, torch) = (new OneTensor("momentum", [1], ("form", "caffe"), ("weightDecay", 0.1)), new OneTensor("momentum", [1], ("weightDecay", 0.1)));
            for (var step = 0; step < rates.Length; step++)
                caffe.Step(rates[step], [gradients[step]]).AssertWeights(torch.Step(rates[step], [gradients[step]]).Weights);
        });

    [Fact]
    public void A_caffe_velocity_survives_a_rate_of_0() =>
        // A velocity gathered at rate 0 is 0, and no factor makes another rate of it.
        new OneTensor("momentum", [0], ("form", "caffe")).Step(0, [1]).Step(0.1, [1]).Step(0, [1]).Step(0.1, [1]).AssertWeights(-0.2);

    [Fact]
    public void Dampening_spares_the_first_gradient() =>
        // v = 1, 0.9 + 0.5 · 1: w2 = −0.1 − 0.14
        new OneTensor("momentum", [0], ("dampening", 0.5)).Step(0.1, [1]).Step(0.1, [1]).AssertWeights(-0.24);

    [Fact]
    public void Without_momentum_it_is_gradient_descent() =>
        new OneTensor("momentum", [1, 2], ("momentum", 0.0), ("weightDecay", 0.5)).Step(0.1, [1, 3]).Step(0.2, [4, 1])
            .AssertWeights(new OneTensor("gradient-descent", [1, 2], ("weightDecay", 0.5)).Step(0.1, [1, 3]).Step(0.2, [4, 1]).Weights);

    [Fact]
    public void Decay_joins_the_gradient() =>
        // w1 = −0.1; g2' = 1 + 0.5 · (−0.1) = 0.95; v2 = 0.9 + 0.95; w2 = −0.1 − 0.1 · 1.85
        new OneTensor("momentum", [0], ("weightDecay", 0.5)).Step(0.1, [1]).Step(0.1, [1]).AssertWeights(-0.285);

    [Theory]
    [InlineData(SegmentKind.Bias)]
    [InlineData(SegmentKind.Norm)]
    public void Biases_and_norms_are_not_decayed_by_default(SegmentKind kind) =>
        new OneTensor("momentum", kind, [0], ("weightDecay", 0.5)).Step(0.1, [1]).Step(0.1, [1]).AssertWeights(-0.29);

    private static OneTensor Witness(params (string Name, object Value)[] options) => new OneTensor("momentum", [0], options).Step(0.1, [1]).Step(0.01, [1]);
}
