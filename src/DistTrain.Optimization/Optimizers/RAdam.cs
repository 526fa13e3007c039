using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Adam that takes the adaptive step only once its variance can be estimated, and then scales it:
/// <code>
/// m, v as in Adam                                              t = 1, 2, ...
/// ρ∞ = 2 / (1 - beta2) - 1 ;  ρ = ρ∞ - 2 t beta2^t / (1 - beta2^t)
/// ρ &gt; threshold:  r = sqrt((ρ - 4)(ρ - 2) ρ∞ / ((ρ∞ - 4)(ρ∞ - 2) ρ))
///                 w = w - lr * r * m / (1 - beta1^t) * sqrt(1 - beta2^t) / (sqrt(v) + epsilon)
/// else:           w = w - lr * m / (1 - beta1^t)
/// </code>
/// The threshold is 4 in the paper (algorithm 2) and 5 in PyTorch; with beta2 0.999 that is the fifth or the sixth step.
/// </summary>
public sealed class RAdam : IOptimizerDefinition
{
    private const string Paper = "paper";

    private const string Torch = "torch";

    public string Name => "radam";

    public string Summary => "Adam with a warm-up derived from the variance of its own rate; for when no warm-up is to be tuned.";

    public string Source => "1908.03265, algorithm 2; PyTorch RAdam (threshold torch)";

    public IReadOnlyList<Option> Options { get; } =
    [
        CommonOptions.LearningRate(0.001),
        CommonOptions.Beta1,
        CommonOptions.Beta2,
        CommonOptions.Epsilon(1e-8),
        new("threshold", OptionKind.Choice, Paper, "the adaptive step is taken above 4 (paper) or 5 (torch)") { Choices = [Paper, Torch] },
        new("decoupledDecay", OptionKind.Flag, false, "decay the weights themselves, as adamw does") { IgnoredWhen = "weightDecay is 0" },
        CommonOptions.WeightDecay(0),
        CommonOptions.DecayExclude,
        CommonOptions.ClipNorm,
    ];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    /// <summary>The factor r on the adaptive step at step <paramref name="t"/> (from 1); 0 where it is not taken.</summary>
    /// <param name="beta2">Share of the mean square kept.</param>
    /// <param name="t">The step.</param>
    /// <param name="threshold">Least ρ at which the step is taken.</param>
    public static double Rectification(double beta2, long t, double threshold)
    {
        var limit = (2 / (1 - beta2)) - 1;
        var power = Math.Pow(beta2, t);
        var length = limit - (2 * t * power / (1 - power));
        return length > threshold
            ? Math.Sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
            : 0;
    }

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly double _beta1 = options.Number("beta1");
        private readonly double _beta2 = options.Number("beta2");
        private readonly double _threshold = options.Choice("threshold") == Paper ? 4 : 5;
        private readonly bool _decoupled = options.Flag("decoupledDecay");
        private readonly T _epsilon = T.CreateChecked(options.Number("epsilon"));
        private readonly Decay<T> _decay = new(options);

        public int Slots => 2;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var (rate, t, decay) = (piece.Time.LearningRate, piece.Time.Step + 1, _decay.Of(piece.Segment.Kind));
            var corrected = rate / (1 - Math.Pow(_beta1, t));
            var rectification = Rectification(_beta2, t, _threshold);
            Elementwise.Run(piece, new Formula<T>(
                adaptive: rectification > 0,
                new AdamMoments<T>(_beta1, _beta2),
                rate: T.CreateChecked(rectification > 0 ? corrected * rectification * Math.Sqrt(1 - Math.Pow(_beta2, t)) : corrected),
                _epsilon,
                inGradient: _decoupled ? T.Zero : decay,
                keptWeight: _decoupled ? T.One - (T.CreateChecked(rate) * decay) : T.One));
        }
    }

    private readonly struct Formula<T>(bool adaptive, AdamMoments<T> moments, T rate, T epsilon, T inGradient, T keptWeight) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 2;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> m, ref Vector256<T> v, ref Vector256<T> s2)
        {
            moments.Update(g + (w * inGradient), ref m, ref v);
            var step = m * rate;
            if (adaptive)
                step /= Vector256.Sqrt(v) + Vector256.Create(epsilon);
            return (w * keptWeight) - step;
        }
    }
}
