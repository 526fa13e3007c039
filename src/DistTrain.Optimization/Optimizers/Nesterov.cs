using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Nesterov's momentum in PyTorch's form, which looks ahead along the new velocity instead of moving the point of the gradient:
/// <code>
/// g' = g + weightDecay * w          (not for the kinds in decayExclude)
/// v  = momentum * v + g'            (v starts at 0)
/// w  = w - lr * (g' + momentum * v)
/// </code>
/// </summary>
public sealed class Nesterov : IOptimizerDefinition
{
    public string Name => "nesterov";

    public string Summary => "Momentum with a look ahead; often a little better than momentum at the same cost.";

    public string Source => "Nesterov 1983; Sutskever et al. 2013; PyTorch SGD with nesterov";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.05),
        CommonOptions.MomentumShare(0.9),
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly T _momentum = T.CreateChecked(options.Number("momentum"));
        private readonly Decay<T> _decay = new(options);

        public int Slots => 1;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms) =>
            Elementwise.Run(piece, new Formula<T>(T.CreateChecked(piece.Time.LearningRate), _momentum, _decay.Of(piece.Segment.Kind)));
    }

    private readonly struct Formula<T>(T rate, T momentum, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 1;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> v, ref Vector256<T> s1, ref Vector256<T> s2)
        {
            g += w * decay;
            v = (v * momentum) + g;
            return w - ((g + (v * momentum)) * rate);
        }
    }
}
