using System.Numerics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Adam, with decay in the gradient:
/// <code>
/// g' = g + weightDecay * w                                     (not for the kinds in decayExclude)
/// m  = beta1 * m + (1 - beta1) * g' ;  v = beta2 * v + (1 - beta2) * g'²
/// w  = w - lr * m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)            t = 1, 2, ...
/// </code>
/// With <c>amsgrad</c> the largest v so far takes the place of v in the last line (Reddi et al. 2018). m and v are kept as they are; their
/// corrected values exist in the last line only.
/// </summary>
public sealed class Adam : IOptimizerDefinition
{
    public string Name => "adam";

    public string Summary => "Momentum and a rate for each element; little tuning at small and medium batches.";

    public string Source => "1412.6980; PyTorch Adam's place of epsilon";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.001),
        CommonOptions.Beta1,
        CommonOptions.Beta2,
        CommonOptions.Epsilon(1e-8),
        AdamRule.AmsGrad,
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new AdamRule.Rule<T>(options, decoupled: false);
}
