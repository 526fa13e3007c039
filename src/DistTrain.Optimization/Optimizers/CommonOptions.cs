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

    public static Option LearningRate(double value) =>
        new("lr", OptionKind.Number, value, "base learning rate; the schedule multiplies it") { Minimum = 0, ExclusiveMinimum = true };

    public static Option WeightDecay(double value) =>
        new("weightDecay", OptionKind.Number, value, "decay coefficient, added to the gradient as weightDecay * w") { Minimum = 0 };

    /// <summary>The kinds that are decayed under <c>decayExclude</c>.</summary>
    public static SegmentKinds Decayed(OptionValues options) => SegmentKinds.AllBut(options.Names("decayExclude"));
}
