using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Layer-wise adaptive rate scaling: each tensor's step is a share of its own norm.
/// <code>
/// λ  = coefficient * |w| / (|g| + weightDecay * |w|)           1 when |w| or |g| is 0, and for the kinds in adaptExclude
///
/// form paper:                                                  form torch:
/// v  = momentum * v + lr * λ * (g + weightDecay * w)           v  = momentum * v + λ * (g + weightDecay * w)
/// w  = w - v                                                   w  = w - lr * v
/// </code>
/// Norms are over the whole tensor, whatever buckets and servers it lies on. In the paper's form (algorithm 1) rate and λ stand inside the
/// velocity; the two forms differ when the rate changes. Decay stands in the ratio and in the gradient (equation 6 and algorithm 1). With
/// <c>clip</c>, min(λ / lr, 1) takes the place of λ: the coefficient then sets the rate, and lr bounds it (LARC).
/// </summary>
public sealed class Lars : IOptimizerDefinition
{
    private const string Paper = "paper";

    private const string Torch = "torch";

    public string Name => "lars";

    public string Summary => "Momentum with each tensor's step a share of its norm; for batches of 8k to 32k with convolutional networks.";

    public string Source => "1708.03888, algorithm 1 (form paper); NVIDIA LARC (clip)";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(1),
        CommonOptions.MomentumShare(0.9),
        new("coefficient", OptionKind.Number, 0.001, "trust coefficient: share of a tensor's norm that a step of rate 1 moves it") { Minimum = 0, ExclusiveMinimum = true },
        new("form", OptionKind.Choice, Paper, "whether rate and ratio stand inside the velocity (paper), or the rate outside (torch)") { Choices = [Paper, Torch] },
        new("clip", OptionKind.Flag, false, "take min(ratio / lr, 1) for the ratio: the coefficient sets the rate, lr bounds it (LARC)"),
        CommonOptions.WeightDecay(0.0005),
        CommonOptions.DecayExclude,
        CommonOptions.AdaptExclude,
        CommonOptions.ClipNorm,
    ];

    /// <summary>Clipped, a step is at most that of plain momentum, and the gradient decides.</summary>
    public double? ShareOfNorm(OptionValues options, double rate) => options.Flag("clip") ? null : rate * options.Number("coefficient");

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>, ILayerwiseOptimizer
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly double _coefficient = options.Number("coefficient");
        private readonly T _momentum = T.CreateChecked(options.Number("momentum"));
        private readonly bool _rateInside = options.Choice("form") == Paper;
        private readonly bool _clip = options.Flag("clip");
        private readonly Decay<T> _decay = new(options);
        private readonly SegmentKinds _adapted = CommonOptions.Adapted(options);

        public int Slots => 1;

        public int Norms => 2;

        public void Measure(in PieceStep<T> piece, Span<double> sums)
        {
            sums[0] = double.IsNaN(piece.WeightSquares) ? SquaredNorm.Of(piece.Weights) : piece.WeightSquares;
            sums[1] = SquaredNorm.Of(piece.Gradient);
        }

        public double TrustRatio(SegmentKind kind, in UpdateTime time, ReadOnlySpan<double> norms)
        {
            if (!_adapted.Contains(kind))
                return 1;
            var (weight, gradient) = (Math.Sqrt(norms[0]), Math.Sqrt(norms[1]) * time.GradientScale);
            if (weight == 0 || gradient == 0)
                return 1;
            var ratio = LayerRatio.Of(_coefficient * weight, gradient + (double.CreateChecked(_decay.Of(kind)) * weight));
            return _clip ? Math.Min(ratio / time.LearningRate, 1) : ratio;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var (time, kind) = (piece.Time, piece.Segment.Kind);
            var ratio = TrustRatio(kind, time, norms);
            var formula = new Formula<T>(
                _momentum,
                T.CreateChecked(_rateInside ? time.LearningRate * ratio : ratio),
                _rateInside ? T.One : T.CreateChecked(time.LearningRate),
                _decay.Of(kind));
            // The norm of what is written is the next step's norm of the weights: taken here, they are read once less.
            piece.WeightSquares = Elementwise.RunBlocks(piece, formula, measuresWeights: false).Results;
        }
    }

    private readonly struct Formula<T>(T momentum, T inside, T outside, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 1;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> v, ref Vector256<T> s1, ref Vector256<T> s2)
        {
            v = (v * momentum) + ((g + (w * decay)) * inside);
            return w - (v * outside);
        }
    }
}
