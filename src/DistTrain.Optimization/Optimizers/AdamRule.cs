using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
        public Vector256<T> Apply(Vector256<T> w, Vector256<T> g, ref Vector256<T> m, ref Vector256<T> v, ref Vector256<T> largest)
        {
            moments.Update(g + (w * inGradient), ref m, ref v);
            var square = v;
            if (slots == 3)
                square = largest = Vector256.Max(largest, v);
            return (w * keptWeight) - (m * rate / ((Vector256.Sqrt(square) * rootScale) + Vector256.Create(epsilon)));
        }
    }
}

/// <summary>The running means of the gradient and of its square, without bias correction.</summary>
internal readonly struct AdamMoments<T>(double beta1, double beta2)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Vector256<T> _kept1 = Vector256.Create(T.CreateChecked(beta1));
    private readonly Vector256<T> _added1 = Vector256.Create(T.CreateChecked(1 - beta1));
    private readonly Vector256<T> _kept2 = Vector256.Create(T.CreateChecked(beta2));
    private readonly Vector256<T> _added2 = Vector256.Create(T.CreateChecked(1 - beta2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(Vector256<T> g, ref Vector256<T> m, ref Vector256<T> v)
    {
        m = (m * _kept1) + (g * _added1);
        v = (v * _kept2) + (g * g * _added2);
    }
}
