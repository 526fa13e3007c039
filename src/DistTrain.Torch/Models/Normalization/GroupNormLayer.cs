using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// Group normalization (1803.08494, eq. 7): mean and variance of each group of neighbouring channels of one example over its positions,
/// γ and β for each channel. [n, c] or [n, c, h, w] → the same.
/// </summary>
internal sealed class GroupNormLayer(int weight, int bias, int groups, double epsilon) : Layer
{
    /// <summary>The paper's number of groups (section 3.1).</summary>
    private const int PapersGroups = 32;

    /// <summary>
    /// The most groups, up to the paper's 32, that divide the channels and have at least two of them each: groups of one channel would be instance
    /// normalization.
    /// </summary>
    public static int DefaultGroups(int channels)
    {
        var groups = Math.Min(PapersGroups, Math.Max(1, channels / 2));
        while (channels % groups != 0)
            groups--;
        return groups;
    }

    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        functional.group_norm(x, groups, pass.Parameters[weight], pass.Parameters[bias], epsilon);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        Tensor Grouped(Tensor each) => each.reshape(each.shape[0], groups, -1);
        var normed = NormSlope.OfInput(new Dual(Grouped(x.Value), x.Slope is { } slope ? Grouped(slope) : null), [2], epsilon);
        normed = new Dual(normed.Value.view(x.Value.shape), normed.Slope?.view(x.Value.shape));
        return new Dual(Forward(x.Value, pass), NormSlope.OfOutput(normed, pass, weight, bias, ChannelMoments.Shape(x.Value)));
    }
}
