using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>A tensor that depends on the parameters w, and how fast it changes along a direction v of theirs.</summary>
/// <param name="Value">x(w).</param>
/// <param name="Slope">dx(w + r v)/dr at r = 0, as large as the value; null: 0, as of the inputs.</param>
internal readonly record struct Dual(Tensor Value, Tensor? Slope)
{
    /// <summary>It is one of the two.</summary>
    public bool Has(Tensor tensor) => ReferenceEquals(tensor, Value) || ReferenceEquals(tensor, Slope);

    /// <summary>The sum of two slopes; the first one is overwritten.</summary>
    /// <param name="own">Just made, and used nowhere else.</param>
    /// <param name="other">Null: 0.</param>
    public static Tensor Sum(Tensor own, Tensor? other) => other is null ? own : own.add_(other, ScalarArithmetic.One);
}
