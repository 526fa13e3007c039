using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// Tensors and numbers. TorchSharp's operators make a native scalar of the number and keep no hold on it: a garbage collection at the wrong
/// moment frees it under the native code. Here it lives until the operation is done. The operators are banned.
/// </summary>
internal static class ScalarArithmetic
{
    /// <summary>The number 1, for operations that have a factor.</summary>
    public static Scalar One { get; } = 1.ToScalar();

    /// <summary>The number 0, to compare with.</summary>
    public static Scalar Zero { get; } = 0.ToScalar();

    /// <summary>x + number</summary>
    public static Tensor Plus(this Tensor x, double number)
    {
        using var scalar = number.ToScalar();
        return x.add(scalar);
    }

    /// <summary>x · number</summary>
    public static Tensor Times(this Tensor x, double number)
    {
        using var scalar = number.ToScalar();
        return x.mul(scalar);
    }

    /// <summary>x / number</summary>
    public static Tensor Over(this Tensor x, double number)
    {
        using var scalar = number.ToScalar();
        return x.div(scalar);
    }

    /// <summary>Each element, or the bound that it lies beyond.</summary>
    public static Tensor Between(this Tensor x, double low, double high)
    {
        using var least = low.ToScalar();
        using var most = high.ToScalar();
        return x.clamp(least, most);
    }

    /// <summary>True where x &gt; 0.</summary>
    public static Tensor IsPositive(this Tensor x) => x.gt(Zero);
}
