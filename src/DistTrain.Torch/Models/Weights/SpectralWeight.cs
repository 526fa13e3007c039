using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Weights;

/// <summary>
/// Spectral normalization (1802.05957, eq. 8): the weight as a matrix [out, rest] has the spectral norm 1, as far as the power iteration has
/// come. Not to be confused with <see cref="PenalizedWeight"/>.
/// <code>
/// w = W / σ(W)
/// </code>
/// </summary>
/// <param name="weight">W, [out, …].</param>
/// <param name="vector">u of the power iteration, [out].</param>
internal sealed class SpectralWeight(int weight, int vector) : Weight
{
    protected override int Segment => weight;

    public override Tensor Of(ForwardPass pass)
    {
        var w = pass.Parameters[weight];
        return w / (pass.Training ? PowerIteration.Step(w, vector, pass) : PowerIteration.Value(w, pass.Parameters[vector]));
    }

    public override (Tensor Value, Tensor Slope) Along(ForwardPass pass)
    {
        var w = new Dual(pass.Parameters[weight], pass.Direction[weight]);
        var (norm, widening) = pass.Training ? PowerIteration.Step(w, vector, pass) : PowerIteration.Value(w, pass.Parameters[vector]);
        var value = w.Value / norm;
        return (value, (w.Slope! - (value * widening!)) / norm);
    }
}
