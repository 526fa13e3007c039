using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>The options that optimizers share, said once.</summary>
public static class CommonOptions
{
    /// <summary>Segment kinds that are left out of weight decay (1706.02677, section 5: no decay on γ, β and biases).</summary>
    public static Option DecayExclude { get; } =
        new("decayExclude", OptionKind.Names, (IReadOnlyList<string>)["bias", "norm"], "kinds of tensors that are not decayed")
        {
            Choices = ["weight", "bias", "norm"],
            IgnoredWhen = "weightDecay is 0",
        };

    /// <summary>
    /// Segment kinds whose step is not scaled by a ratio of norms. A setting of its own: a tensor may be adapted and not decayed, or the
    /// other way round.
    /// </summary>
    public static Option AdaptExclude { get; } =
        new("adaptExclude", OptionKind.Names, (IReadOnlyList<string>)["bias", "norm"], "kinds of tensors whose step is not scaled by their norms (ratio 1)")
        {
            Choices = ["weight", "bias", "norm"],
        };

    /// <summary>Clipping by the norm of the whole averaged gradient, over all tensors and servers (Pascanu et al. 2013, 1211.5063).</summary>
    public static Option ClipNorm { get; } =
        new("clipNorm", OptionKind.Number, 0.0, "largest norm of the averaged gradient over all tensors; a longer one is scaled down to it; 0: no limit") { Minimum = 0 };

    public static Option LearningRate(double value) =>
        new("lr", OptionKind.Number, value, "base learning rate; the schedule multiplies it") { Minimum = 0, ExclusiveMinimum = true };

    public static Option WeightDecay(double value) =>
        new("weightDecay", OptionKind.Number, value, "decay coefficient, added to the gradient as weightDecay * w") { Minimum = 0 };

    /// <summary>Decay of the weights themselves, beside the adaptive step (1711.05101).</summary>
    public static Option DecoupledDecay(double value) =>
        new("weightDecay", OptionKind.Number, value, "decay coefficient, applied to the weights beside the adaptive step") { Minimum = 0 };

    public static Option MomentumShare(double value) =>
        new("momentum", OptionKind.Number, value, "share of the velocity kept at each step") { Minimum = 0, Maximum = 1, ExclusiveMaximum = true };

    public static Option Beta1 { get; } = Share("beta1", 0.9, "share of the mean gradient kept at each step");

    public static Option Beta2 { get; } = Share("beta2", 0.999, "share of the mean squared gradient kept at each step");

    /// <summary>Not 0, nor so small that float32 makes it 0: an element whose gradients were all 0 would become 0/0.</summary>
    public static Option Epsilon(double value) =>
        new("epsilon", OptionKind.Number, value, "added to the root of the squared gradients") { Minimum = 1e-30 };

    public static Option Share(string name, double value, string description) =>
        new(name, OptionKind.Number, value, description) { Minimum = 0, Maximum = 1, ExclusiveMaximum = true };

    /// <summary>The kinds that are decayed under <c>decayExclude</c>.</summary>
    public static SegmentKinds Decayed(OptionValues options) => SegmentKinds.AllBut(options.Names("decayExclude"));

    /// <summary>The kinds that are adapted under <c>adaptExclude</c>.</summary>
    public static SegmentKinds Adapted(OptionValues options) => SegmentKinds.AllBut(options.Names("adaptExclude"));
}
