using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Passes;

/// <summary>
/// The operations that a pass may do in another type than its parameters have, <see cref="ForwardPass.Products"/>: matrix products and convolutions.
/// Factors are rounded to it; each sum of products is float32 and is rounded once. Their gradients are rounded likewise, and are float32 again where a
/// parameter takes them.
/// </summary>
internal static class Products
{
    /// <summary>x·Wᵀ + b</summary>
    public static Tensor Linear(this ForwardPass pass, Tensor x, Tensor weight, Tensor? bias) =>
        functional.linear(pass.Factor(x), pass.Factor(weight), bias is null ? null : pass.Factor(bias));

    public static Tensor Convolve(this ForwardPass pass, Tensor x, Tensor filters, Tensor? bias, int stride, int padding, int groups = 1) =>
        functional.conv2d(pass.Factor(x), pass.Factor(filters), bias is null ? null : pass.Factor(bias), [stride, stride], [padding, padding], groups: groups);

    /// <summary>[n, in, t] → [n, out, t'].</summary>
    public static Tensor ConvolveAlong(this ForwardPass pass, Tensor x, Tensor filters, Tensor? bias, int stride, int groups) =>
        functional.conv1d(pass.Factor(x), pass.Factor(filters), bias is null ? null : pass.Factor(bias), stride, groups: groups);

    /// <summary>a·b over the last two dimensions.</summary>
    public static Tensor Multiply(this ForwardPass pass, Tensor a, Tensor b) => pass.Factor(a).matmul(pass.Factor(b));

    /// <summary>Itself, where a pass multiplies in the type of its parameters.</summary>
    private static Tensor Factor(this ForwardPass pass, Tensor x) => pass.Products is { } type ? x.to(type) : x;
}
