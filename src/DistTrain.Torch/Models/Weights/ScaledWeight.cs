using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Weights;

/// <summary>
/// Weight normalization (1602.07868, eq. 2): length and direction of each output's row are parameters of their own.
/// <code>
/// w = g · v / ‖v‖
/// </code>
/// A row of v that is 0 has no direction: w is NaN there, and training stops at the gradient.
/// </summary>
/// <param name="direction">v, [out, …].</param>
/// <param name="length">g, [out, 1, …].</param>
internal sealed class ScaledWeight(int direction, int length) : Weight
{
    public override Tensor Of(ForwardPass pass)
    {
        var (v, g) = (pass.Parameters[direction], pass.Parameters[length]);
        return v * (g / v.flatten(1).norm(1).view(g.shape));
    }
}
