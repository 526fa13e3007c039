using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Stochastic gradient descent with heavy-ball momentum:
/// <code>
/// g' = g + weightDecay * w               (not for the kinds in decayExclude)
///
/// form torch:                            form caffe:
/// v  = momentum * v + (1 - dampening) g' v  = momentum * (lr / lr before) * v + lr * g'
/// w  = w - lr * v                        w  = w - v
/// </code>
/// v starts at 0, and the first step is not dampened. In PyTorch's form the rate stands outside the velocity, so a changing schedule needs no
/// correction. In Caffe's form it stands inside, and the factor lr / lr before is the momentum correction of 1706.02677, section 3.1; without
/// it (<c>momentumCorrection: false</c>) old gradients keep the rate they came with.
/// </summary>
public sealed class Momentum : IOptimizerDefinition
{
    private const string Torch = "torch";

    private const string Caffe = "caffe";

    public string Name => "momentum";

    public string Summary => "Gradient descent with heavy-ball momentum; the baseline of every large-batch paper.";

    public string Source => "Sutskever et al. 2013; PyTorch SGD's form of the update";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.05),
        CommonOptions.MomentumShare(0.9),
        CommonOptions.Share("dampening", 0, "share by which each new gradient but the first is made smaller") with { IgnoredWhen = "form is caffe" },
        new("form", OptionKind.Choice, Torch, "whether the rate stands outside the velocity (torch) or inside (caffe)") { Choices = [Torch, Caffe] },
        new("momentumCorrection", OptionKind.Flag, true, "scale the velocity when the rate changes") { IgnoredWhen = "form is torch, which needs none" },
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly double _momentum = options.Number("momentum");
        private readonly double _dampening = options.Number("dampening");
        private readonly bool _rateInside = options.Choice("form") == Caffe;
        private readonly bool _corrected = options.Flag("momentumCorrection");
        private readonly Decay<T> _decay = new(options);

        public int Slots => 1;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var time = piece.Time;
            var rate = T.CreateChecked(time.LearningRate);
            // A velocity gathered at rate 0 is 0: there is nothing to correct.
            var correction = _rateInside && _corrected && time.PreviousRate > 0 ? time.LearningRate / time.PreviousRate : 1;
            var share = _rateInside || time.Step == 0 ? T.One : T.CreateChecked(1 - _dampening);
            Elementwise.Run(piece, new Formula<T>(
                T.CreateChecked(_momentum * correction),
                _rateInside ? rate : share,
                _rateInside ? T.One : rate,
                _decay.Of(piece.Segment.Kind)));
        }
    }

    private readonly struct Formula<T>(T kept, T inside, T outside, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 1;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> v, ref Vector256<T> s1, ref Vector256<T> s2)
        {
            v = (v * kept) + ((g + (w * decay)) * inside);
            return w - (v * outside);
        }
    }
}
