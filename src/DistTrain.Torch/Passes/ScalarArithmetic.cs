using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// Tensors and numbers. TorchSharp makes a native scalar of a number and keeps no hold on it: a garbage collection at the wrong moment frees it
/// under the native code. It does so also where no number is written: a sum has the factor 1, a square the exponent 2. Here they live until the
/// operation is done. What makes such a scalar is banned.
/// </summary>
internal static class ScalarArithmetic
{
    /// <summary>The number 1, for operations that have a factor.</summary>
    public static Scalar One { get; } = 1.ToScalar();

    /// <summary>The number 0, to compare with.</summary>
    public static Scalar Zero { get; } = 0.ToScalar();

    private static Scalar Two { get; } = 2.ToScalar();

    /// <summary>x + y</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <summary>x + number</summary>
    public static Tensor Plus(this Tensor x, double number)
    {
        using var scalar = number.ToScalar();
        return x.add(scalar, One);
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

    /// <summary>x²</summary>
    public static Tensor Squared(this Tensor x) => x.pow(Two);

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
