using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Layer-wise adaptive moments: Adam's direction, with each tensor's step scaled to its own norm.
/// <code>
/// m  = beta1 * m + (1 - beta1) * g ;  v = beta2 * v + (1 - beta2) * g²
/// u  = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + weightDecay * w       t = 1, 2, ...
/// w  = w - lr * φ(|w|) / |u| * u                                ratio 1 when |w| or |u| is 0, and for the kinds in adaptExclude
/// </code>
/// Decay joins the direction, not the gradient, and so the norm |u|. φ is the identity unless <c>phiMaximum</c> bounds it (φ bounds |w|, not the
/// ratio). Without <c>biasCorrection</c> m and v stand for their corrected values. Variant nvlamb first divides the whole gradient by its norm
/// over all tensors where that is above 1, and does not adapt tensors that are not decayed.
/// </summary>
/// <remarks>The direction is computed once: the first pass leaves it in the room of the next weights, the second scales it.</remarks>
public sealed class Lamb : IOptimizerDefinition
{
    private const string Paper = "paper";

    private const string NvLamb = "nvlamb";

    public string Name => "lamb";

    public string Summary => "Adam with each tensor's step scaled to its norm; for batches up to 32k where Adam is the optimizer at small ones.";

    public string Source => "1904.00962, algorithm 2; NVLAMB: NVIDIA's BERT, 2019";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.002),
        CommonOptions.Beta1,
        CommonOptions.Beta2,
        CommonOptions.Epsilon(1e-6),
        new("biasCorrection", OptionKind.Flag, true, "correct m and v for their start at 0"),
        new("variant", OptionKind.Choice, Paper, "paper, or nvlamb: the gradient's norm over all tensors is at most 1, and what is not decayed is not adapted") { Choices = [Paper, NvLamb] },
        new("phiMinimum", OptionKind.Number, 0.0, "least value of φ(|w|)") { Minimum = 0 },
        new("phiMaximum", OptionKind.Number, 0.0, "largest value of φ(|w|); 0: no limit") { Minimum = 0 },
        CommonOptions.WeightDecay(0.01) with { Description = "decay coefficient, joined to the direction as weightDecay * w" },
        CommonOptions.DecayExclude,
        CommonOptions.AdaptExclude,
        CommonOptions.ClipNorm,
    ];

    /// <summary>Where none is given, the limit that the variant brings along.</summary>
    public double ClipNormOf(OptionValues options) => options.Number("clipNorm") is > 0 and var given ? given : options.Choice("variant") == NvLamb ? 1 : 0;

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>, ILayerwiseOptimizer
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly double _beta1 = options.Number("beta1");
        private readonly double _beta2 = options.Number("beta2");
        private readonly T _epsilon = T.CreateChecked(options.Number("epsilon"));
        private readonly bool _corrected = options.Flag("biasCorrection");
        private readonly bool _adaptsDecayedOnly = options.Choice("variant") == NvLamb;
        private readonly double _phiMinimum = options.Number("phiMinimum");
        private readonly double _phiMaximum = options.Number("phiMaximum") is > 0 and var maximum ? maximum : double.PositiveInfinity;
        private readonly Decay<T> _decay = new(options);
        private readonly SegmentKinds _adapted = CommonOptions.Adapted(options);

        public int Slots => 2;

        public int Norms => 2;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Measure(in PieceStep<T> piece, Span<double> sums)
        {
            var t = piece.Time.Step + 1;
            var formula = new Direction<T>(
                new AdamMoments<T>(_beta1, _beta2),
                meanScale: T.CreateChecked(_corrected ? 1 / (1 - Math.Pow(_beta1, t)) : 1),
                squareScale: T.CreateChecked(_corrected ? 1 / (1 - Math.Pow(_beta2, t)) : 1),
                _epsilon,
                _decay.Of(piece.Segment.Kind));
            (sums[0], sums[1]) = Elementwise.RunBlocks(piece, formula, measuresWeights: true);
        }

        public double TrustRatio(SegmentKind kind, in UpdateTime time, ReadOnlySpan<double> norms)
        {
            if (!_adapted.Contains(kind) || (_adaptsDecayedOnly && _decay.Of(kind) == T.Zero) || norms[0] == 0 || norms[1] == 0)
                return 1;
            return LayerRatio.Of(Math.Min(Math.Max(Math.Sqrt(norms[0]), _phiMinimum), _phiMaximum), Math.Sqrt(norms[1]));
        }

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var time = piece.Time;
            var rate = T.CreateChecked(time.LearningRate * TrustRatio(piece.Segment.Kind, time, norms));
            // The direction stands in Next: it is read as the gradient of a plain step, which no scale touches again.
            var scaled = new PieceStep<T>(piece.Segment, time with { GradientScale = 1 }, piece.Weights, piece.Next, piece.Next, [], 0, ref piece.WeightSquares);
            Elementwise.Run(scaled, new Scaled<T>(rate), streams: false);
        }
    }

    private readonly struct Direction<T>(AdamMoments<T> moments, T meanScale, T squareScale, T epsilon, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // As vectors: so many numbers do not stay in registers, and are read from the stack as they are.
        private readonly Vector256<T> _meanScale = Vector256.Create(meanScale);
        private readonly Vector256<T> _squareScale = Vector256.Create(squareScale);
        private readonly Vector256<T> _epsilon = Vector256.Create(epsilon);
        private readonly Vector256<T> _decay = Vector256.Create(decay);

        public int Slots => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> m, ref Vector256<T> v, ref Vector256<T> s2)
        {
            moments.Update(g, ref m, ref v);
            return (m * _meanScale / (Vector256.Sqrt(v * _squareScale) + _epsilon)) + (w * _decay);
        }
    }

    private readonly struct Scaled<T>(T rate) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<T> Apply(Vector256<T> w, Vector256<T> direction, ref Vector256<T> s0, ref Vector256<T> s1, ref Vector256<T> s2) => w - (direction * rate);
    }
}
