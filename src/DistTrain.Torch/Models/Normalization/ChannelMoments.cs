using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>Moments of a tensor [n, c] or [n, c, …] over all dimensions but the second.</summary>
internal static class ChannelMoments
{
    /// <summary>All dimensions but that of the channels.</summary>
    public static long[] Dimensions(Tensor x) => [0, .. Enumerable.Range(2, (int)x.dim() - 2).Select(d => (long)d)];

    /// <summary>[1, c, 1, …], as many dimensions as <paramref name="x"/> has.</summary>
    public static long[] Shape(Tensor x) => [1, x.shape[1], .. Enumerable.Repeat(1L, (int)x.dim() - 2)];

    /// <summary>The moments, and x − mean: centered about their own mean first, channels far from 0 lose no digit.</summary>
    /// <param name="x">[n, c] or [n, c, …]; n may be 0.</param>
    public static (BatchMoments Moments, Tensor Centered) Of(Tensor x)
    {
        var mean = x.shape[0] == 0 ? zeros(Shape(x), dtype: x.dtype, device: x.device) : x.mean(Dimensions(x), keepdim: true);
        var centered = x - mean;
        return (new BatchMoments(x.numel() / x.shape[1], Values(mean), Values(centered.square().sum(Dimensions(x)))), centered);
    }

    /// <summary>The moments that libtorch's batch_norm leaves behind with momentum 1.</summary>
    /// <param name="mean">[channels], float32 on the CPU.</param>
    /// <param name="unbiasedVariance">[channels]; NaN when only one value is behind each.</param>
    /// <param name="count">Values behind each channel.</param>
    public static BatchMoments Of(Tensor mean, Tensor unbiasedVariance, long count)
    {
        var means = new TensorMemory<float>(mean).GetSpan();
        var variances = new TensorMemory<float>(unbiasedVariance).GetSpan();
        var moments = new BatchMoments(count, new double[means.Length], new double[means.Length]);
        for (var channel = 0; channel < means.Length; channel++)
        {
            moments.Mean[channel] = means[channel];
            // Of one value the unbiased variance is not a number.
            moments.SquaredDeviations[channel] = count > 1 ? (double)variances[channel] * (count - 1) : 0;
        }

        return moments;
    }

    /// <summary>One value a channel, in float64.</summary>
    public static double[] Values(Tensor channels) => channels.to(float64).cpu().data<double>().ToArray();

    /// <summary>One value a channel as a tensor that broadcasts against <paramref name="like"/>.</summary>
    public static Tensor Broadcast(double[] channels, Tensor like) => tensor(channels, dtype: like.dtype, device: like.device).view(Shape(like));
}
