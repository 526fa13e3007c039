using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// Layer normalization (1607.06450, eq. 3): mean and variance over all values of one example, γ and β for each of them.
/// [n, …] → [n, …]; γ and β have the shape of an example, as those of PyTorch's LayerNorm over all dimensions but the first. Of a sequence, [n, t, d], each token
/// is normalized by itself: γ and β are [d].
/// </summary>
internal sealed class LayerNormLayer(int weight, int bias, double epsilon) : Layer
{
    public override bool GivesItsOwn => true;

    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        functional.layer_norm(x, pass.Parameters[weight].shape, pass.Parameters[weight], pass.Parameters[bias], epsilon);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        long[] over = [.. pass.Parameters[weight].shape.Select((_, last) => -1L - last)];
        return new Dual(Forward(x.Value, pass), NormSlope.OfOutput(NormSlope.OfInput(x, over, epsilon), pass, weight, bias, pass.Parameters[weight].shape));
    }

    public override string Export(string x, OperatorGraph graph) => graph.Apply(
        "LayerNormalization", [x, graph.Parameter(weight), graph.Parameter(bias)], ("axis", -graph.Pass.Parameters[weight].dim()), ("epsilon", (float)epsilon));
}
