using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Devices;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>An input [n, c, …] of float32 in this process's memory, row-major; itself is kept.</summary>
internal sealed record PlanesInput(Tensor Saved, BatchMoments Moments, double[] Center) : CenteredInput(Saved, Moments, Center)
{
    /// <summary>Values of a channel in one example from which on a plane is worth its loop.</summary>
    private const int SmallestPlane = 8;

    /// <summary>It is of float32 in this process's memory, in planes of some size.</summary>
    public static bool CanTake(Tensor x) =>
        x.device_type == TorchSharp.DeviceType.CPU && x.dtype == ScalarType.Float32 && x.numel() is > 0 and <= int.MaxValue / sizeof(float)
        && x.numel() / (x.shape[0] * x.shape[1]) >= SmallestPlane;

    /// <summary>Takes the moments.</summary>
    /// <param name="x">Contiguous.</param>
    public static new PlanesInput Of(Tensor x)
    {
        var moments = NormPasses.Moments(Elements(x), Block(x));
        return new PlanesInput(x, moments, [.. moments.Mean.Select(mean => (double)(float)mean)]);
    }

    public override Tensor Forward(double[] slope, double[] offset)
    {
        var y = empty_like(Saved);
        NormPasses.Forward(Elements(Saved), Block(Saved), Single(Center), Single(slope), Single(offset), Elements(y));
        return y;
    }

    public override (double[] Gradients, double[] Products) Sums(Tensor dy) => NormPasses.Sums(Elements(dy), Elements(Saved), Block(Saved), Single(Center));

    public override Tensor Backward(Tensor dy, double[] factor, double[] slope, double[] offset)
    {
        var dx = empty_like(Saved);
        NormPasses.Backward(Elements(dy), Elements(Saved), Block(Saved), Single(factor), Single(Center), Single(slope), Single(offset), Elements(dx));
        return dx;
    }

    private static Span<float> Elements(Tensor tensor) => new TensorMemory<float>(tensor).GetSpan();

    private static ChannelBlock Block(Tensor x) => new((int)x.shape[0], (int)x.shape[1], (int)(x.numel() / (x.shape[0] * x.shape[1])));

    private static float[] Single(double[] values) => Array.ConvertAll(values, value => (float)value);
}
