using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// Batch renormalization (1702.03275, algorithm 1): BatchNorm over the micro-batch, corrected towards the running statistics μ, σ of the version.
/// <code>
/// r = clip(σ_B/σ, 1/r_max, r_max)      d = clip((μ_B − μ)/σ, −d_max, d_max)      σ_B = sqrt(var_B + ε)
/// y = γ·((x − μ_B)/σ_B · r + d) + β          evaluation: y = γ·(x − μ)/σ + β
/// </code>
/// r and d are constants for the gradient. Their limits come with each pass: at r_max = 1, d_max = 0 this is BatchNorm. The batch moments go to
/// the recorder; the server averages μ and σ.
/// </summary>
/// <param name="weight">γ, [channels].</param>
/// <param name="bias">β, [channels].</param>
/// <param name="statistics">(μ, σ) pairs, [channels, 2].</param>
/// <param name="epsilon">ε.</param>
internal sealed class BatchRenormLayer(int weight, int bias, int statistics, double epsilon) : Layer
{
    public override bool GivesItsOwn => true;

    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var (gamma, beta) = (pass.Parameters[weight], pass.Parameters[bias]);
        var (mu, sigma) = (pass.Parameters[statistics].select(1, 0).contiguous(), pass.Parameters[statistics].select(1, 1).contiguous());
        if (!pass.Training)
            return functional.batch_norm(x, mu, sigma.Squared(), gamma, beta, training: false, eps: 0);

        var (r, d) = Corrections(x, mu, sigma, pass.Renorm, epsilon);
        // The correction is a scale and a shift of the normalized values, so it goes into γ and β, and the native kernel does the rest. With
        // momentum 1 it leaves exactly the batch's mean and unbiased variance in the "running" tensors.
        var (mean, variance) = (zeros_like(mu), zeros_like(sigma));
        var y = functional.batch_norm(x, mean, variance, gamma * r, (gamma * d).Plus(beta), training: true, momentum: 1, eps: epsilon);
        pass.Moments?.Invoke(statistics, ChannelMoments.Of(mean, variance, x.numel() / x.shape[1]));
        return y;
    }

    /// <summary>In evaluation mode; in training mode the corrections belong to a step.</summary>
    public override Dual Forward(Dual x, ForwardPass pass)
    {
        if (pass.Training)
            throw new InvalidOperationException("batch renormalization has no slope while training");
        var (mu, sigma) = (pass.Parameters[statistics].select(1, 0).contiguous(), pass.Parameters[statistics].select(1, 1).contiguous());
        return new Dual(Forward(x.Value, pass), NormSlope.OfStatistics(x, pass, weight, bias, mu, sigma.Squared(), 0));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        var running = graph.Pass.Parameters[statistics];
        return graph.Apply(
            "BatchNormalization",
            [x, graph.Parameter(weight), graph.Parameter(bias), graph.Beside(statistics, "running_mean", running.select(1, 0)), graph.Beside(statistics, "running_var", running.select(1, 1).Squared())],
            ("epsilon", 0f));
    }

    /// <summary>r and d, [channels] each.</summary>
    internal static (Tensor R, Tensor D) Corrections(Tensor x, Tensor mu, Tensor sigma, RenormLimits limits, double epsilon)
    {
        using var noGradient = no_grad();
        x = x.to(mu.dtype);
        var overBatch = ChannelMoments.Dimensions(x);
        var batchSigma = x.var(overBatch, unbiased: false).Plus(epsilon).sqrt();
        return ((batchSigma / sigma).Between(1 / limits.R, limits.R), ((x.mean(overBatch) - mu) / sigma).Between(-limits.D, limits.D));
    }
}
