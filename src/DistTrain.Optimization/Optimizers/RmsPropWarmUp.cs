using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// RMSprop at the start that turns smoothly into momentum:
/// <code>
/// g' = g + weightDecay * w                                      (not for the kinds in decayExclude)
/// s  = alpha * s + (1 - alpha) * g'²                            (s and d start at 0)
/// d  = momentum * d - (share + (1 - share) * rmsRate / lr / (sqrt(s) + epsilon)) * g'
/// w  = w + lr * d
///
/// share = ½ exp(2 (epoch - c) / p)      epoch &lt; c               c = turnEpoch, p = turnLength
///         ½ + (epoch - c) / p           c ≤ epoch &lt; c + p / 2
///         1                             afterwards
/// </code>
/// The slope is 1/p: with 2/p, as in two public ports, the share overshoots 1 and jumps.
/// </summary>
public sealed class RmsPropWarmUp : IOptimizerDefinition
{
    public string Name => "rmsprop-warmup";

    public string Summary => "RMSprop in the first epochs, momentum afterwards; ImageNet in 15 minutes at batch 32k.";

    public string Source => "1711.04325, section 2.2";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.1),
        CommonOptions.MomentumShare(0.9),
        CommonOptions.Share("alpha", 0.99, "share of the mean squared gradient kept at each step"),
        CommonOptions.Epsilon(1e-8),
        new("rmsRate", OptionKind.Number, 3e-4, "rate of the RMSprop part, whatever the scheduled rate") { Minimum = 0 },
        new("turnEpoch", OptionKind.Number, 10.0, "epoch at which both parts have the share ½") { Minimum = 0 },
        new("turnLength", OptionKind.Number, 5.0, "epochs that the turn takes") { Minimum = 0, ExclusiveMinimum = true },
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public bool WarmsUp => true;

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    /// <summary>The share of plain momentum at <paramref name="epoch"/>, in (0, 1].</summary>
    /// <param name="epoch">Fractional epochs done.</param>
    /// <param name="turnEpoch">c.</param>
    /// <param name="turnLength">p.</param>
    public static double MomentumPart(double epoch, double turnEpoch, double turnLength)
    {
        if (epoch < turnEpoch)
            return 0.5 * Math.Exp(2 * (epoch - turnEpoch) / turnLength);
        return epoch < turnEpoch + (turnLength / 2) ? 0.5 + ((epoch - turnEpoch) / turnLength) : 1;
    }

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly T _momentum = T.CreateChecked(options.Number("momentum"));
        private readonly double _alpha = options.Number("alpha");
        private readonly T _epsilon = T.CreateChecked(options.Number("epsilon"));
        private readonly double _rmsRate = options.Number("rmsRate");
        private readonly double _turnEpoch = options.Number("turnEpoch");
        private readonly double _turnLength = options.Number("turnLength");
        private readonly Decay<T> _decay = new(options);

        public int Slots => 2;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var time = piece.Time;
            var share = MomentumPart(time.Epoch, _turnEpoch, _turnLength);
            // At rate 0 nothing moves; the velocity then takes up plain gradients only.
            var adaptive = time.LearningRate > 0 ? (1 - share) * _rmsRate / time.LearningRate : 0;
            Elementwise.Run(piece, new Formula<T>(
                T.CreateChecked(time.LearningRate),
                _momentum,
                T.CreateChecked(_alpha),
                T.CreateChecked(1 - _alpha),
                _epsilon,
                T.CreateChecked(share),
                T.CreateChecked(adaptive),
                _decay.Of(piece.Segment.Kind)));
        }
    }

    private readonly struct Formula<T>(T rate, T momentum, T kept, T added, T epsilon, T plain, T adaptive, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 2;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> s, ref Vector256<T> d, ref Vector256<T> s2)
        {
            g += w * decay;
            s = (s * kept) + (g * g * added);
            var factor = Vector256.Create(plain) + (Vector256.Create(adaptive) / (Vector256.Sqrt(s) + Vector256.Create(epsilon)));
            d = (d * momentum) - (g * factor);
            return w + (d * rate);
        }
    }
}
