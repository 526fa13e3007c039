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
    public static Tensor Step(Tensor weight, int vector, ForwardPass pass) => Step(new Dual(weight, null), vector, pass).Value;

    /// <summary>The same with its slope, u' and v taken as constant.</summary>
    /// <inheritdoc cref="Step(Tensor, int, ForwardPass)"/>
    public static Dual Step(Dual weight, int vector, ForwardPass pass)
    {
        var matrix = weight.Value.flatten(1);
        Tensor u, v;
        using (no_grad())
        {
            v = Unit(matrix.t().mv(pass.Parameters[vector]));
            u = Unit(matrix.mv(v));
        }

        pass.Powers?.Invoke(vector, u);
        return new Dual(u.dot(matrix.mv(v)), weight.Slope is { } slope ? u.dot(slope.flatten(1).mv(v)) : null);
    }

    /// <summary>σ at <paramref name="u"/> as it is: ‖Wᵀu‖ for a u of norm 1.</summary>
    public static Tensor Value(Tensor weight, Tensor u) => Value(new Dual(weight, null), u).Value;

    /// <summary>The same with its slope.</summary>
    /// <inheritdoc cref="Value(Tensor, Tensor)"/>
    public static Dual Value(Dual weight, Tensor u)
    {
        var unit = Unit(u);
        var row = weight.Value.flatten(1).t().mv(unit);
        var norm = row.norm();
        return new Dual(norm, weight.Slope is { } slope ? row.dot(slope.flatten(1).t().mv(unit)) / norm : null);
    }

    private static Tensor Unit(Tensor x) => functional.normalize(x, p: 2, dim: 0, eps: Epsilon);
}
