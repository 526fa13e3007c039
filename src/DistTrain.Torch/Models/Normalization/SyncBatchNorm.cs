using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// BatchNorm over the micro-batches of several ranks, with the same answers as one process has on all of them together:
/// <code>
/// forward    x̂ = (x − μ) / sqrt(σ² + ε),  y = γ·x̂ + β             μ, σ²: merged from (count, mean, M2) of each rank
/// backward   dx = γ / sqrt(σ² + ε) · (dy − Σdy/n − x̂ · Σ(dy·x̂)/n)   both sums over all ranks
///            dγ = Σ dy·x̂,  dβ = Σ dy                              over this rank: the server adds gradients up
/// </code>
/// Source: Ioffe and Szegedy 2015 (1502.03167), section 3. Works on any device and with any counts, 0 included.
/// </summary>
internal sealed class SyncBatchNorm : autograd.SingleTensorFunction<SyncBatchNorm>
{
    private const string Call = "call";

    public override string Name => nameof(SyncBatchNorm);

    /// <summary>Normalizes.</summary>
    /// <param name="x">[n, c] or [n, c, …], any strides; n may be 0.</param>
    /// <param name="gamma">[c]</param>
    /// <param name="beta">[c]</param>
    /// <param name="call">Where it meets the others.</param>
    /// <exception cref="ModelException">There is one value a channel over all ranks, which has no variance.</exception>
    public static Tensor Apply(Tensor x, Tensor gamma, Tensor beta, SyncBatchNormCall call) => apply(x, gamma, beta, call);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, gamma, beta, call) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (SyncBatchNormCall)vars[3]);
        (call.Own, var centered, var center) = ChannelMoments.Of(x);
        var all = call.Exchange.Merge(call.Layer, call.Own);
        if (all.Count == 1)
        {
            throw new ModelException(
                "BatchNorm has one value a channel over all ranks of its scope, and one value has no variance; choose a batch whose last step of an epoch takes at least 2 examples");
        }

        call.Count = Math.Max(all.Count, 1);
        var deviations = all.SquaredDeviations.Select(squares => 1 / Math.Sqrt((squares / call.Count) + call.Epsilon)).ToArray();
        var shifts = center.Zip(all.Mean, (own, common) => own - common).Zip(deviations, (shift, inverse) => shift * inverse).ToArray();
        var inverse = ChannelMoments.Broadcast(deviations, x);
        var normalized = addcmul(ChannelMoments.Broadcast(shifts, x), centered, inverse, 1);
        ctx.save_for_backward([normalized, gamma, inverse]);
        ctx.save_data(Call, call);
        return addcmul(beta.view(ChannelMoments.Shape(x)), normalized, gamma.view(ChannelMoments.Shape(x)), 1);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var call = (SyncBatchNormCall)ctx.get_data(Call);
        var saved = ctx.get_saved_variables();
        var (normalized, gamma, inverse) = (saved[0], saved[1], saved[2]);
        try
        {
            var over = ChannelMoments.Dimensions(normalized);
            var (beta, scale) = (grad_output.sum(over), (grad_output * normalized).sum(over));
            var channels = (int)normalized.shape[1];
            var sums = call.Exchange.Sum(call.Layer, [.. ChannelMoments.Values(beta), .. ChannelMoments.Values(scale)]);
            var means = sums.Select(sum => -sum / call.Count).ToArray();
            var inner = addcmul(ChannelMoments.Broadcast(means[..channels], normalized), normalized, ChannelMoments.Broadcast(means[channels..], normalized), 1).add_(grad_output);
            return [inner.mul_(gamma.view(ChannelMoments.Shape(normalized)) * inverse), scale, beta, null!];
        }
        catch (Exception e)
        {
            // An exception that leaves backward ends the process: it is kept, and thrown once backward has returned.
            call.Fault(ExceptionDispatchInfo.Capture(e));
            return [zeros_like(normalized), zeros_like(gamma), zeros_like(gamma), null!];
        }
    }
}
