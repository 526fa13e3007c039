using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// Slopes of normalizations y = γ·x̂ + β:
/// <code>
/// ẏ = γ̇·x̂ + γ·x̂̇ + β̇
/// own statistics      x̂̇ = (ẋ − mean(ẋ) − x̂·mean(x̂·ẋ)) / sqrt(σ² + ε)
/// given statistics    x̂̇ = ẋ / sqrt(σ² + ε)
/// </code>
/// </summary>
internal static class NormSlope
{
    /// <summary>x̂ and its slope, with mean and variance of its own.</summary>
    /// <param name="x">The input.</param>
    /// <param name="over">Dimensions of which mean and variance are taken.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static Dual OfInput(Dual x, long[] over, double epsilon)
    {
        var centered = x.Value - x.Value.mean(over, keepdim: true);
        var inverse = centered.Squared().mean(over, keepdim: true).Plus(epsilon).rsqrt();
        var normed = centered * inverse;
        return new Dual(normed, x.Slope is { } slope ? (slope - slope.mean(over, keepdim: true) - (normed * (normed * slope).mean(over, keepdim: true))) * inverse : null);
    }

    /// <summary>ẏ of x̂.</summary>
    /// <param name="normed">x̂.</param>
    /// <param name="pass">Has γ, and the directions γ̇ and β̇.</param>
    /// <param name="weight">Segment of γ.</param>
    /// <param name="bias">Segment of β.</param>
    /// <param name="shape">In which γ and β broadcast against x̂.</param>
    public static Tensor OfOutput(Dual normed, ForwardPass pass, int weight, int bias, long[] shape)
    {
        var slope = (normed.Value * pass.Direction[weight].view(shape)).Plus(pass.Direction[bias].view(shape));
        return Dual.Sum(slope, normed.Slope is { } input ? input * pass.Parameters[weight].view(shape) : null);
    }

    /// <summary>ẏ with given statistics: it is BatchNorm of x with γ̇ and β̇, and that of ẋ without a mean and a β.</summary>
    /// <param name="x">The input.</param>
    /// <param name="pass">Has γ, and the directions γ̇ and β̇.</param>
    /// <param name="weight">Segment of γ.</param>
    /// <param name="bias">Segment of β.</param>
    /// <param name="mean">μ.</param>
    /// <param name="variance">σ².</param>
    /// <param name="epsilon">ε.</param>
    public static Tensor OfStatistics(Dual x, ForwardPass pass, int weight, int bias, Tensor mean, Tensor variance, double epsilon) => Dual.Sum(
        functional.batch_norm(x.Value, mean, variance, pass.Direction[weight], pass.Direction[bias], training: false, eps: epsilon),
        x.Slope is { } slope ? functional.batch_norm(slope, zeros_like(mean), variance, pass.Parameters[weight], null, training: false, eps: epsilon) : null);
}
