using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Weights;

/// <summary>
/// Spectral norm regularization (1705.10941, eq. 3): the weight is the parameter itself, and its spectral norm costs loss. Not to be confused
/// with <see cref="SpectralWeight"/>.
/// <code>
/// penalty = strength/2 · σ(W)²         gradient = strength · σ u vᵀ
/// </code>
/// </summary>
/// <param name="weight">W, [out, …].</param>
/// <param name="vector">u of the power iteration, [out].</param>
/// <param name="strength">λ.</param>
internal sealed class PenalizedWeight(int weight, int vector, double strength) : Weight
{
    protected override int Segment => weight;

    public override Tensor Of(ForwardPass pass)
    {
        var w = pass.Parameters[weight];
        if (pass.Training)
            pass.AddPenalty(PowerIteration.Step(w, vector, pass).Squared().Times(strength / 2));
        return w;
    }

    /// <summary>Curvature is that of the cross entropy: no penalty is in it.</summary>
    public override (Tensor Value, Tensor Slope) Along(ForwardPass pass) => (pass.Parameters[weight], pass.Direction[weight]);
}
