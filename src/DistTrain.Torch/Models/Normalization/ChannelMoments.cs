using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>Moments of a tensor [n, c] or [n, c, …] over all dimensions but the second.</summary>
internal static class ChannelMoments
{
    /// <summary>All dimensions but that of the channels.</summary>
    public static long[] Dimensions(Tensor x) => [0, .. Enumerable.Range(2, (int)x.dim() - 2).Select(d => (long)d)];

    /// <summary>[1, c, 1, …], as many dimensions as <paramref name="x"/> has.</summary>
    public static long[] Shape(Tensor x) => [1, x.shape[1], .. Enumerable.Repeat(1L, (int)x.dim() - 2)];

    /// <summary>
    /// Moments of a tensor [n, c] or [n, c, …], n may be 0; x less about its mean; and what was taken from x, by channel. In float32 a mean far from
    /// 0 has lost digits, so what is left of it behind the subtraction is added to it.
    /// </summary>
    public static (BatchMoments Moments, Tensor Centered, double[] Center) Of(Tensor x)
    {
        var mean = x.shape[0] == 0 ? zeros(Shape(x), dtype: x.dtype, device: x.device) : x.mean(Dimensions(x), keepdim: true);
        var (centered, count) = (x - mean, x.numel() / x.shape[1]);
        var (center, sums, squares) = (Values(mean), Values(centered.sum(Dimensions(x))), Values(centered.Squared().sum(Dimensions(x))));
        var moments = BatchMoments.Empty(center.Length) with { Count = count };
        for (var channel = 0; channel < center.Length && count > 0; channel++)
        {
            var rest = sums[channel] / count;
            moments.Mean[channel] = center[channel] + rest;
            moments.SquaredDeviations[channel] = Math.Max(0, squares[channel] - (rest * sums[channel]));
        }

        return (moments, centered, center);
    }

    /// <summary>Moments of inputs, which may be as large as float32 goes: where their squares leave it, in float64, and only there: no other bit changes.</summary>
    public static BatchMoments OfInputs(Tensor x)
    {
        var moments = Of(x).Moments;
        return moments.SquaredDeviations.All(double.IsFinite) ? moments : Of(x.to(float64)).Moments;
    }

    /// <summary>The moments that libtorch's batch_norm leaves behind with momentum 1.</summary>
    /// <param name="mean">[channels]</param>
    /// <param name="unbiasedVariance">[channels]; NaN when only one value is behind each.</param>
    /// <param name="count">Values behind each channel.</param>
    public static BatchMoments Of(Tensor mean, Tensor unbiasedVariance, long count) =>
        new(count, Values(mean), count > 1 ? [.. Values(unbiasedVariance).Select(variance => variance * (count - 1))] : new double[mean.numel()]);

    /// <summary>One value a channel, in float64.</summary>
    public static double[] Values(Tensor channels) => channels.to(float64).cpu().data<double>().ToArray();

    /// <summary>One value a channel as a tensor that broadcasts against <paramref name="like"/>.</summary>
    public static Tensor Broadcast(double[] channels, Tensor like) => tensor(channels, dtype: like.dtype, device: like.device).view(Shape(like));
}
