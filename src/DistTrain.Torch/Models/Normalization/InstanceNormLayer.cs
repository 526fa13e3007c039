using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// Instance normalization (1607.08022): mean and variance of each channel of one example over its positions, γ and β for each channel.
/// [n, c, h, w] → [n, c, h, w]. The same in training and evaluation: there are no running statistics.
/// </summary>
internal sealed class InstanceNormLayer(int weight, int bias, double epsilon) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        functional.instance_norm(x, weight: pass.Parameters[weight], bias: pass.Parameters[bias], use_input_stats: true, eps: epsilon);

    public override Dual Forward(Dual x, ForwardPass pass) => new(
        Forward(x.Value, pass), NormSlope.OfOutput(NormSlope.OfInput(x, [2, 3], epsilon), pass, weight, bias, ChannelMoments.Shape(x.Value)));

    public override string Export(string x, OperatorGraph graph) =>
        graph.Apply("InstanceNormalization", [x, graph.Parameter(weight), graph.Parameter(bias)], ("epsilon", (float)epsilon));
}
