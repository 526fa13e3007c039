using DistTrain.Optimization.Randomness;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>[n, in] → [n, out].</summary>
internal sealed class LinearLayer(Weight weight, int? bias) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        functional.linear(x, weight.Of(pass), bias is { } b ? pass.Parameters[b] : null);
}

/// <summary>[n, in, h, w] → [n, out, h', w'].</summary>
internal sealed class ConvLayer(Weight weight, int? bias, int stride, int padding) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        functional.conv2d(x, weight.Of(pass), bias is { } b ? pass.Parameters[b] : null, [stride, stride], [padding, padding]);
}

internal sealed class ActivationLayer(Func<Tensor, Tensor> function) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => function(x);
}

internal sealed class MaxPoolLayer(int size, int stride) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => functional.max_pool2d(x, [size, size], [stride, stride]);
}

internal sealed class AveragePoolLayer(int size, int stride) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => functional.avg_pool2d(x, [size, size], [stride, stride]);
}

/// <summary>[n, c, h, w] → [n, c].</summary>
internal sealed class GlobalAveragePoolLayer : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => x.mean([2, 3]);
}

internal sealed class FlattenLayer : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => x.flatten(1);
}

/// <summary>Zeroes elements with the given probability and scales the others by 1/(1 − rate) while training (Srivastava et al. 2014).</summary>
internal sealed class DropoutLayer(double rate, int index) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        if (!pass.Training || rate == 0)
            return x;
        var key = pass.Key ?? throw new InvalidOperationException("training needs a micro-batch key");
        var random = new CounterRandom(key.Seed, Draw.Dropout, key.Position.Examples, ((long)key.Rank << 32) | (uint)key.Index, ((long)key.Position.Group << 32) | (uint)index);
        var mask = new float[x.numel()];
        var scale = (float)(1 / (1 - rate));
        foreach (ref var value in mask.AsSpan())
            value = random.NextSingle() >= rate ? scale : 0;
        return x * tensor(mask, x.shape, device: x.device);
    }
}

/// <summary>y = shortcut(x) + body(x); the shortcut subsamples by the body's stride and pads channels with zeros (He et al. 2015, option A).</summary>
internal sealed class ResidualLayer(IReadOnlyList<Layer> body, int stride, int channelPadding) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var y = x;
        foreach (var layer in body)
            y = layer.Forward(y, pass);
        var shortcut = x;
        if (stride > 1)
            shortcut = shortcut[TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(step: stride), TensorIndex.Slice(step: stride)];
        if (channelPadding > 0)
            shortcut = functional.pad(shortcut, [0, 0, 0, 0, channelPadding / 2, channelPadding - (channelPadding / 2)]);
        return shortcut + y;
    }
}
