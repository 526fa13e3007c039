using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Weights;

/// <summary>The parameter itself.</summary>
internal sealed class PlainWeight(int weight) : Weight
{
    protected override int Segment => weight;

    public override Tensor Of(ForwardPass pass) => pass.Parameters[weight];

    public override (Tensor Value, Tensor Slope) Along(ForwardPass pass) => (pass.Parameters[weight], pass.Direction[weight]);
}
