using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// A rate for each element that shrinks with the gradients seen so far:
/// <code>
/// g' = g + weightDecay * w                 (not for the kinds in decayExclude)
/// s  = s + g'²                             (s starts at 0)
///
/// variant standard:  w = w - lr / (1 + t * rateDecay) * g' / (sqrt(initial + s) + epsilon)      t = 0, 1, ...
/// variant lecture:   w = w - lr * g' / sqrt(s / (t + 1))                                        no step where the root is 0
/// </code>
/// The lecture divides by the root of the mean, not of the sum: its rate does not shrink while gradients keep their size.
/// </summary>
public sealed class Adagrad : IOptimizerDefinition
{
    private const string Standard = "standard";

    private const string Lecture = "lecture";

    public string Name => "adagrad";

    public string Summary => "A rate for each element that shrinks with the gradients seen; for sparse features.";

    public string Source => "Duchi, Hazan, Singer 2011; PyTorch Adagrad (standard); lecture notes, adaptive learning rates (lecture)";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.01),
        new("variant", OptionKind.Choice, Standard, "divide by the root of the sum of squares (standard) or of their mean (lecture)") { Choices = [Standard, Lecture] },
        new("rateDecay", OptionKind.Number, 0.0, "the rate is divided by 1 + t * rateDecay") { Minimum = 0, IgnoredWhen = "variant is lecture" },
        new("initial", OptionKind.Number, 0.0, "sum of squares to start with") { Minimum = 0, IgnoredWhen = "variant is lecture" },
        CommonOptions.Epsilon(1e-10) with { IgnoredWhen = "variant is lecture" },
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
        private readonly double _rateDecay = options.Number("rateDecay");
        private readonly T _initial = T.CreateChecked(options.Number("initial"));
        private readonly T _epsilon = T.CreateChecked(options.Number("epsilon"));
        private readonly Decay<T> _decay = new(options);

        public int Slots => 1;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var (time, decay) = (piece.Time, _decay.Of(piece.Segment.Kind));
            if (_lecture)
                Elementwise.Run(piece, new OfMean<T>(T.CreateChecked(time.LearningRate), T.CreateChecked(time.Step + 1), decay));
            else
                Elementwise.Run(piece, new OfSum<T>(T.CreateChecked(time.LearningRate / (1 + (time.Step * _rateDecay))), _initial, _epsilon, decay));
        }
    }

    private readonly struct OfSum<T>(T rate, T initial, T epsilon, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 1;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> s, ref Vector256<T> s1, ref Vector256<T> s2)
        {
            g += w * decay;
            s += g * g;
            return w - (g * rate / (Vector256.Sqrt(s + Vector256.Create(initial)) + Vector256.Create(epsilon)));
        }
    }

    private readonly struct OfMean<T>(T rate, T count, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 1;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> s, ref Vector256<T> s1, ref Vector256<T> s2)
        {
            g += w * decay;
            s += g * g;
            // The mean may round to 0 where the sum does not.
            var divisor = Vector256.Sqrt(s / Vector256.Create(count));
            return Vector256.ConditionalSelect(Vector256.Equals(divisor, Vector256<T>.Zero), w, w - (g * rate / divisor));
        }
    }
}
