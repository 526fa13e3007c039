using System.Numerics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Adam with decoupled decay: the weights are made smaller by themselves, not through the gradient, so decay is not divided by its size.
/// <code>
/// w  = w * (1 - lr * weightDecay)                              (not for the kinds in decayExclude)
/// then Adam's step with g' = g
/// </code>
/// </summary>
public sealed class AdamW : IOptimizerDefinition
{
    public string Name => "adamw";

    public string Summary => "Adam with decay beside the adaptive step; prefer it to adam whenever weights are decayed.";

    public string Source => "1711.05101; PyTorch AdamW";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.001),
        CommonOptions.Beta1,
        CommonOptions.Beta2,
        CommonOptions.Epsilon(1e-8),
        AdamRule.AmsGrad,
        CommonOptions.DecoupledDecay(0.01),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new AdamRule.Rule<T>(options, decoupled: true);
}
