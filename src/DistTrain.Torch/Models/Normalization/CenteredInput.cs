using DistTrain.Optimization.Normalization;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>An input of synchronized BatchNorm about a center of each channel near its mean, and the passes over it (<see cref="NormPasses"/>).</summary>
/// <param name="Saved">What has to be kept from forward to backward.</param>
/// <param name="Moments">Of this rank's input.</param>
/// <param name="Center">[channels], exact in the input's type.</param>
internal abstract record CenteredInput(Tensor Saved, BatchMoments Moments, double[] Center)
{
    /// <summary>
    /// Chooses: activations with planes that fill a vector are passed over where they lie in this process's memory, everything else by libtorch's
    /// operations, which read and write more often and work on any device.
    /// </summary>
    /// <param name="x">[n, c] or [n, c, …], any strides; n may be 0.</param>
    public static CenteredInput Of(Tensor x) =>
        PlanesInput.CanTake(x) ? PlanesInput.Of(x.contiguous()) : TensorInput.Of(x);

    /// <summary>The same with what backward got back of <see cref="Saved"/>.</summary>
    public CenteredInput With(Tensor saved) => this with { Saved = saved };

    /// <summary>(x − center)·slope + offset, by channel.</summary>
    public abstract Tensor Forward(double[] slope, double[] offset);

    /// <summary>Σ dy and Σ dy·(x − center), by channel.</summary>
    /// <param name="dy">Contiguous, as large as the input.</param>
    public abstract (double[] Gradients, double[] Products) Sums(Tensor dy);

    /// <summary>dy·factor + (x − center)·slope + offset, by channel.</summary>
    /// <inheritdoc cref="Sums"/>
    public abstract Tensor Backward(Tensor dy, double[] factor, double[] slope, double[] offset);
}
