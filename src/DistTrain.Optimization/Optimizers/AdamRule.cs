using System.Numerics;
using System.Runtime.CompilerServices;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>What <see cref="Adam"/> and <see cref="AdamW"/> share; they differ in where decay enters.</summary>
internal static class AdamRule
{
    public static Option AmsGrad { get; } =
        new("amsgrad", OptionKind.Flag, false, "divide by the largest mean square so far, so that no element's rate grows again");

    public sealed class Rule<T>(OptionValues options, bool decoupled) : IOptimizer<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly double _beta1 = options.Number("beta1");
        private readonly double _beta2 = options.Number("beta2");
        private readonly T _epsilon = T.CreateChecked(options.Number("epsilon"));
        private readonly Decay<T> _decay = new(options);

        public int Slots { get; } = options.Flag("amsgrad") ? 3 : 2;

        public void Step(in PieceStep<T> piece, ReadOnlySpan<double> norms)
        {
            var (rate, t, decay) = (piece.Time.LearningRate, piece.Time.Step + 1, _decay.Of(piece.Segment.Kind));
            Elementwise.Run(piece, new Formula<T>(
                Slots,
                new AdamMoments<T>(_beta1, _beta2),
                rate: T.CreateChecked(rate / (1 - Math.Pow(_beta1, t))),
                rootScale: T.CreateChecked(1 / Math.Sqrt(1 - Math.Pow(_beta2, t))),
                _epsilon,
                inGradient: decoupled ? T.Zero : decay,
                keptWeight: decoupled ? T.One - (T.CreateChecked(rate) * decay) : T.One));
        }
    }

    private readonly struct Formula<T>(int slots, AdamMoments<T> moments, T rate, T rootScale, T epsilon, T inGradient, T keptWeight) : IElementRule<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Slots => slots;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Apply(Vector<T> w, Vector<T> g, ref Vector<T> m, ref Vector<T> v, ref Vector<T> largest)
        {
            moments.Update(g + (w * inGradient), ref m, ref v);
            var square = v;
            if (slots == 3)
                square = largest = Vector.Max(largest, v);
            return (w * keptWeight) - (m * rate / ((Vector.SquareRoot(square) * rootScale) + new Vector<T>(epsilon)));
        }
    }
}

/// <summary>The running means of the gradient and of its square, without bias correction.</summary>
internal readonly struct AdamMoments<T>(double beta1, double beta2)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector<T> _kept1 = new(T.CreateChecked(beta1));
    private readonly Vector<T> _added1 = new(T.CreateChecked(1 - beta1));
    private readonly Vector<T> _kept2 = new(T.CreateChecked(beta2));
    private readonly Vector<T> _added2 = new(T.CreateChecked(1 - beta2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(Vector<T> g, ref Vector<T> m, ref Vector<T> v)
    {
        m = (m * _kept1) + (g * _added1);
        v = (v * _kept2) + (g * g * _added2);
    }
}
