using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>An input on any device and of any type; x less its center is kept.</summary>
internal sealed record TensorInput(Tensor Saved, BatchMoments Moments, double[] Center) : CenteredInput(Saved, Moments, Center)
{
    /// <inheritdoc cref="CenteredInput.Of"/>
    public static new TensorInput Of(Tensor x)
    {
        var (moments, centered, center) = ChannelMoments.Of(x);
        return new TensorInput(centered, moments, center);
    }

    public override Tensor Forward(double[] slope, double[] offset) => Affine(offset, slope);

    public override (double[] Gradients, double[] Products) Sums(Tensor dy)
    {
        var over = ChannelMoments.Dimensions(Saved);
        return (ChannelMoments.Values(dy.sum(over)), ChannelMoments.Values((dy * Saved).sum(over)));
    }

    public override Tensor Backward(Tensor dy, double[] factor, double[] slope, double[] offset) =>
        Affine(offset, slope).addcmul_(dy, ChannelMoments.Broadcast(factor, Saved), ScalarArithmetic.One);

    private Tensor Affine(double[] offset, double[] slope) =>
        addcmul(ChannelMoments.Broadcast(offset, Saved), Saved, ChannelMoments.Broadcast(slope, Saved), ScalarArithmetic.One);
}
