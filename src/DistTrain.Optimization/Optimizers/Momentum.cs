using System.Numerics;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Stochastic gradient descent with heavy-ball momentum, PyTorch's form:
/// <code>
/// g' = g + weightDecay * w          (not for the kinds in decayExclude)
/// v  = momentum * v + g'            (v starts at 0)
/// w  = w - lr * v
/// </code>
/// The rate stands outside the velocity, so a changing schedule needs no momentum correction (1706.02677, section 3).
/// </summary>
public sealed class Momentum : IOptimizerDefinition
{
    public string Name => "momentum";

    public string Summary => "Gradient descent with heavy-ball momentum; the baseline of every large-batch paper.";

    public string Source => "Sutskever et al. 2013; PyTorch SGD's form of the update";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.05),
        new("momentum", OptionKind.Number, 0.9, "share of the velocity kept at each step") { Minimum = 0, Maximum = 1, ExclusiveMaximum = true },
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly T _momentum = T.CreateChecked(options.Number("momentum"));
        private readonly T _weightDecay = T.CreateChecked(options.Number("weightDecay"));
        private readonly SegmentKinds _decayed = CommonOptions.Decayed(options);

        public int Slots => 1;

        public void Step(in PieceStep<T> step)
        {
            var decay = _decayed.Contains(step.Segment.Kind) ? _weightDecay : T.Zero;
            var rate = T.CreateChecked(step.LearningRate);
            var w = step.Weights;
            var g = step.Gradient;
            var next = step.Next;
            var v = step.Slot(0);
            var i = 0;
            for (; i <= w.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var weight = new Vector<T>(w[i..]);
                var velocity = (new Vector<T>(v[i..]) * _momentum) + (new Vector<T>(g[i..]) + (weight * decay));
                velocity.CopyTo(v[i..]);
                (weight - (velocity * rate)).CopyTo(next[i..]);
            }

            for (; i < w.Length; i++)
            {
                v[i] = (v[i] * _momentum) + (g[i] + (w[i] * decay));
                next[i] = w[i] - (v[i] * rate);
            }
        }
    }
}
