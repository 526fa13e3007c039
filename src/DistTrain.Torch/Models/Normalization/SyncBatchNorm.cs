using System.Runtime.ExceptionServices;
using DistTrain.Torch.Passes;
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
    public static Tensor Apply(Tensor x, Tensor gamma, Tensor beta, SyncBatchNormCall call)
    {
        Meet(x, call);
        return apply(x, gamma, beta, call);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (gamma, beta, call) = ((Tensor)vars[1], (Tensor)vars[2], (SyncBatchNormCall)vars[3]);
        var input = call.Input!;
        ctx.save_for_backward([input.Saved, gamma]);
        ctx.save_data(Call, call);
        var (scale, offset) = (ChannelMoments.Values(gamma), ChannelMoments.Values(beta));
        return input.Forward(
            [.. scale.Zip(call.Inverse, (g, inverse) => g * inverse)],
            [.. offset.Zip(scale, call.Shift).Select(c => c.First + (c.Second * c.Third))]);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var call = (SyncBatchNormCall)ctx.get_data(Call);
        var saved = ctx.get_saved_variables();
        var (gamma, input) = (saved[1], call.Input!.With(saved[0]));
        // Behind a layer that failed nothing flows back but its zeros: the other ranks must not get this rank's sums of them.
        if (call.Pass.Fault is not null)
            return Nothing();
        try
        {
            var channels = call.Inverse.Length;
            var gradient = grad_output.contiguous();
            var (beta, products) = input.Sums(gradient);
            // Σ dy·x̂, with x̂ = (x − center)·inverse + shift.
            double[] scale = [.. products.Zip(beta, call.Inverse).Zip(call.Shift, (c, shift) => (c.First * c.Third) + (c.Second * shift))];
            var sums = call.Exchange.Sum(call.Layer, [.. beta, .. scale]);
            // dx = factor·dy + slope·(x − center) + offset, by channel.
            var (factor, slope, offset) = (ChannelMoments.Values(gamma), new double[channels], new double[channels]);
            for (var c = 0; c < channels; c++)
            {
                factor[c] *= call.Inverse[c];
                var perDeviation = -factor[c] * sums[channels + c] / call.Count;
                slope[c] = perDeviation * call.Inverse[c];
                offset[c] = (perDeviation * call.Shift[c]) - (factor[c] * sums[c] / call.Count);
            }

            return [input.Backward(gradient, factor, slope, offset), tensor(scale, gamma.dtype, gamma.device), tensor(beta, gamma.dtype, gamma.device), null!];
        }
        catch (Exception e)
        {
            // An exception that leaves backward ends the process: it is kept, and thrown once backward has returned.
            call.Pass.Fault = ExceptionDispatchInfo.Capture(e);
            return Nothing();
        }

        List<Tensor> Nothing() => [zeros_like(grad_output), zeros_like(gamma), zeros_like(gamma), null!];
    }

    /// <summary>
    /// What the others may interrupt comes before the function: an exception that leaves its forward would keep the graph so far, and with it the
    /// replica's vectors, for ever.
    /// </summary>
    private static void Meet(Tensor x, SyncBatchNormCall call)
    {
        using var noGradient = no_grad();
        call.Input = CenteredInput.Of(x);
        call.Own = call.Input.Moments;
        var all = call.Exchange.Merge(call.Layer, call.Own);
        if (all.Count == 1)
        {
            throw new ModelException(
                "BatchNorm has one value a channel over all ranks of its scope, and one value has no variance; choose a batch whose last step of an epoch takes at least 2 examples");
        }

        call.Count = Math.Max(all.Count, 1);
        call.Inverse = [.. all.SquaredDeviations.Select(squares => 1 / Math.Sqrt((squares / call.Count) + call.Epsilon))];
        call.Shift = [.. call.Input.Center.Zip(all.Mean, (own, common) => own - common).Zip(call.Inverse, (shift, inverse) => shift * inverse)];
    }
}
