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
    protected override int Segment => direction;

    public override Tensor Of(ForwardPass pass)
    {
        var (v, g) = (pass.Parameters[direction], pass.Parameters[length]);
        return v * (g / Norm(v, g));
    }

    public override (Tensor Value, Tensor Slope) Along(ForwardPass pass)
    {
        var (v, g) = (pass.Parameters[direction], pass.Parameters[length]);
        var (along, stretch) = (pass.Direction[direction], pass.Direction[length]);
        var norm = Norm(v, g);
        var scale = g / norm;
        var widening = (v * along).flatten(1).sum(1).view(g.shape) / norm;
        return (v * scale, (along * scale).Plus(v * ((stretch - (scale * widening)) / norm)));
    }

    /// <summary>‖v‖ of each row, in the shape of g.</summary>
    private static Tensor Norm(Tensor v, Tensor g) => v.flatten(1).norm(1).view(g.shape);
}
