using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// A rate for each element by the running mean of its squared gradients:
/// <code>
/// g' = g + weightDecay * w                                  (not for the kinds in decayExclude)
/// s  = alpha * s + (1 - alpha) * g'²                        (s starts at 0; lecture: at g'² of the first step)
/// c  = alpha * c + (1 - alpha) * g'                         (centered only, c starts at 0)
///
/// variant standard:  d = g' / (sqrt(s - c²) + epsilon)      (c = 0 unless centered; s - c² at least 0)
/// variant lecture:   d = g' / sqrt(s)                       (0 where s is 0)
/// b  = momentum * b + d ;  w = w - lr * b
/// </code>
/// </summary>
public sealed class RmsProp : IOptimizerDefinition
{
    private const string Standard = "standard";

    private const string Lecture = "lecture";

    public string Name => "rmsprop";

    public string Summary => "A rate for each element by its recent gradients; robust where their sizes differ much.";

    public string Source => "Hinton, Coursera lecture 6e, 2012; PyTorch RMSprop (standard); lecture notes, adaptive learning rates (lecture)";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.01),
        new("variant", OptionKind.Choice, Standard, "start the mean at 0 and add epsilon (standard), or start it at the first square (lecture)") { Choices = [Standard, Lecture] },
        CommonOptions.Share("alpha", 0.99, "share of the mean squared gradient kept at each step"),
        CommonOptions.MomentumShare(0),
        new("centered", OptionKind.Flag, false, "subtract the squared mean gradient: divide by the deviation") { IgnoredWhen = "variant is lecture" },
        CommonOptions.Epsilon(1e-8) with { IgnoredWhen = "variant is lecture" },
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly bool _lecture = options.Choice("variant") == Lecture;
        private readonly bool _centered = options.Flag("centered") && options.Choice("variant") != Lecture;
        private readonly double _alpha = options.Number("alpha");
        private readonly T _momentum = T.CreateChecked(options.Number("momentum"));
        private readonly T _epsilon = T.CreateChecked(options.Number("epsilon"));
        private readonly Decay<T> _decay = new(options);

        public int Slots => _centered ? 3 : _momentum > T.Zero ? 2 : 1;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            // The lecture's mean starts at the first square: nothing is kept of the 0 before it.
            var alpha = _lecture && piece.Time.Step == 0 ? 0 : _alpha;
            Elementwise.Run(piece, new Formula<T>(
                Slots,
                T.CreateChecked(piece.Time.LearningRate),
                T.CreateChecked(alpha),
                T.CreateChecked(1 - alpha),
                _momentum,
                _lecture ? T.Zero : _epsilon,
                _decay.Of(piece.Segment.Kind)));
        }
    }

    private readonly struct Formula<T>(int slots, T rate, T kept, T added, T momentum, T epsilon, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => slots;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> s, ref Vector256<T> b, ref Vector256<T> c)
        {
            g += w * decay;
            s = (s * kept) + (g * g * added);
            var spread = s;
            if (slots == 3)
            {
                c = (c * kept) + (g * added);
                // A variance, but its rounding may fall below 0, where there is no root.
                spread = Vector256.Max(spread - (c * c), Vector256<T>.Zero);
            }

            var divisor = Vector256.Sqrt(spread) + Vector256.Create(epsilon);
            var direction = Vector256.ConditionalSelect(Vector256.Equals(divisor, Vector256<T>.Zero), Vector256<T>.Zero, g / divisor);
            b = (b * momentum) + direction;
            return w - (b * rate);
        }
    }
}
