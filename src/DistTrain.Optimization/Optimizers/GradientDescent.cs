using System.Numerics;
using System.Runtime.Intrinsics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// Plain gradient descent:
/// <code>
/// w = w - lr * (g + weightDecay * w)
/// </code>
/// </summary>
public sealed class GradientDescent : IOptimizerDefinition
{
    public string Name => "gradient-descent";

    public string Summary => "w − lr·g and nothing else; no slots. To compare with, and for convex problems.";

    public string Source => "Cauchy 1847; PyTorch SGD without momentum";

    public IReadOnlyList<Option> Options { get; } =
        [CommonOptions.LearningRate(0.1), CommonOptions.WeightDecay(0), CommonOptions.DecayExclude, CommonOptions.ClipNorm];

    public IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new Rule<T>(options);

    private sealed class Rule<T>(OptionValues options) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Decay<T> _decay = new(options);

        public int Slots => 0;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms) =>
            Elementwise.Run(piece, new Formula<T>(T.CreateChecked(piece.Time.LearningRate), _decay.Of(piece.Segment.Kind)));
    }

    private readonly struct Formula<T>(T rate, T decay) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => 0;

        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> s0, ref Vector256<T> s1, ref Vector256<T> s2) =>
            w - ((g + (w * decay)) * rate);
    }
}
