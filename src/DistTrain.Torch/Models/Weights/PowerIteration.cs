using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Weights;

/// <summary>
/// The largest singular value of a weight W, as a matrix [out, rest], by power iteration (1802.05957, algorithm 1):
/// <code>
/// v = Wᵀu / ‖Wᵀu‖      u' = Wv / ‖Wv‖      σ = u'·Wv
/// </code>
/// u is part of a version. A training pass takes one step from it, in evaluation it stays. Only its direction counts, so the mean of several
/// replicas' vectors, whose norm is below 1, serves as well.
/// </summary>
internal static class PowerIteration
{
    /// <summary>Added to no norm, but the least that one is divided by, as PyTorch does.</summary>
    private const double Epsilon = 1e-12;

    /// <summary>σ after a step from <paramref name="vector"/>, which the pass records; its gradient is u'vᵀ, u' and v taken as constant.</summary>
    /// <param name="weight">W, [out, …].</param>
    /// <param name="vector">Index of u's segment, [out].</param>
    /// <param name="pass">A training pass.</param>
    public static Tensor Step(Tensor weight, int vector, ForwardPass pass)
    {
        var matrix = weight.flatten(1);
        Tensor u, v;
        using (no_grad())
        {
            v = Unit(matrix.t().mv(pass.Parameters[vector]));
            u = Unit(matrix.mv(v));
        }

        pass.Powers?.Invoke(vector, u);
        return u.dot(matrix.mv(v));
    }

    /// <summary>σ at <paramref name="u"/> as it is: ‖Wᵀu‖ for a u of norm 1.</summary>
    public static Tensor Value(Tensor weight, Tensor u) => weight.flatten(1).t().mv(Unit(u)).norm();

    private static Tensor Unit(Tensor x) => functional.normalize(x, p: 2, dim: 0, eps: Epsilon);
}
