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
    public override bool GivesItsOwn => true;

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

    /// <summary>Instance normalization of the groups, then γ and β of each channel: an operator of its own came, right, with set 21.</summary>
    public override string Export(string x, OperatorGraph graph)
    {
        var gamma = graph.Pass.Parameters[weight];
        var grouped = graph.Apply("Reshape", [x, graph.Numbers("groups", 0, groups, -1)]);
        var normed = graph.Apply(
            "InstanceNormalization", [grouped, graph.Constant("ones", ones(groups)), graph.Constant("zeros", zeros(groups))], ("epsilon", (float)epsilon));
        var channels = graph.Apply("Reshape", [normed, graph.Numbers("channels", 0, gamma.shape[0], -1)]);
        var scaled = graph.Apply("Mul", [channels, graph.Beside(weight, "weight", gamma.unsqueeze(1))]);
        var shifted = graph.Apply("Add", [scaled, graph.Beside(bias, "bias", graph.Pass.Parameters[bias].unsqueeze(1))]);
        return graph.Apply("Reshape", [shifted, graph.Apply("Shape", [x])]);
    }
}
