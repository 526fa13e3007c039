using DistTrain.Optimization.Randomness;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>[n, in] → [n, out]; of a sequence [n, t, in] → [n, t, out].</summary>
internal sealed class LinearLayer(Weight weight, int? bias, bool isSequence) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        pass.Linear(x, weight.Of(pass), bias is { } b ? pass.Parameters[b] : null);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (value, slope) = weight.Along(pass);
        return new Dual(
            pass.Linear(x.Value, value, bias is { } b ? pass.Parameters[b] : null),
            Dual.Sum(pass.Linear(x.Value, slope, bias is { } d ? pass.Direction[d] : null), x.Slope is { } input ? pass.Linear(input, value, null) : null));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        if (!isSequence)
            return graph.Apply("Gemm", bias is { } b ? [x, weight.Export(graph), graph.Parameter(b)] : [x, weight.Export(graph)], ("transB", 1L));
        var y = graph.Apply("MatMul", [x, graph.Apply("Transpose", [weight.Export(graph)])]);
        return bias is { } c ? graph.Apply("Add", [y, graph.Parameter(c)]) : y;
    }
}

/// <summary>[n, in, h, w] → [n, out, h', w'].</summary>
internal sealed class ConvLayer(Weight weight, int? bias, int stride, int padding) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        pass.Convolve(x, weight.Of(pass), bias is { } b ? pass.Parameters[b] : null, stride, padding);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (value, slope) = weight.Along(pass);
        return new Dual(
            pass.Convolve(x.Value, value, bias is { } b ? pass.Parameters[b] : null, stride, padding),
            Dual.Sum(
                pass.Convolve(x.Value, slope, bias is { } d ? pass.Direction[d] : null, stride, padding),
                x.Slope is { } input ? pass.Convolve(input, value, null, stride, padding) : null));
    }

    public override string Export(string x, OperatorGraph graph) => graph.Apply(
        "Conv",
        bias is { } b ? [x, weight.Export(graph), graph.Parameter(b)] : [x, weight.Export(graph)],
        ("strides", new long[] { stride, stride }),
        ("pads", new long[] { padding, padding, padding, padding }));
}

internal sealed class ActivationLayer(Activation function) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => function.Of(x);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var y = function.Of(x.Value);
        return new Dual(y, x.Slope is { } slope ? slope * function.Derivative(x.Value, y) : null);
    }

    public override string Export(string x, OperatorGraph graph) => function.Export(x, graph);
}

internal sealed class MaxPoolLayer(int size, int stride) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => functional.max_pool2d(x, [size, size], [stride, stride]);

    /// <summary>The slope is that of the largest.</summary>
    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (y, places) = functional.max_pool2d_with_indices(x.Value, [size, size], [stride, stride]);
        return new Dual(y, x.Slope?.flatten(2).gather(2, places.flatten(2)).view(y.shape));
    }

    public override string Export(string x, OperatorGraph graph) => graph.Apply("MaxPool", [x], ("kernel_shape", new long[] { size, size }), ("strides", new long[] { stride, stride }));
}

internal sealed class AveragePoolLayer(int size, int stride) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => functional.avg_pool2d(x, [size, size], [stride, stride]);

    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph) => graph.Apply("AveragePool", [x], ("kernel_shape", new long[] { size, size }), ("strides", new long[] { stride, stride }));
}

/// <summary>[n, c, h, w] → [n, c].</summary>
internal sealed class GlobalAveragePoolLayer : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => x.mean([2, 3]);

    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph) => graph.Apply("Flatten", [graph.Apply("GlobalAveragePool", [x])]);
}

internal sealed class FlattenLayer : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => x.flatten(1);

    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph) => graph.Apply("Flatten", [x]);
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
        return (x * tensor(mask, x.shape, dtype: pass.Parameters[0].dtype, device: x.device)).to(x.dtype);
    }

    /// <summary>The mask is a function of the key: the slope has the same.</summary>
    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph) => x;
}

/// <summary>y = shortcut(x) + body(x); the shortcut subsamples by the body's stride and pads channels with zeros (He et al. 2015, option A).</summary>
internal sealed class ResidualLayer(IReadOnlyList<Layer> body, int stride, int channelPadding) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var y = x;
        foreach (var layer in body)
            y = layer.Forward(y, pass);
        return Shortcut(x) + y;
    }

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var y = x;
        foreach (var layer in body)
            y = layer.Forward(y, pass);
        var shortcut = x.Slope is { } slope ? Shortcut(slope) : null;
        return new Dual(Shortcut(x.Value) + y.Value, y.Slope is null ? shortcut : shortcut is null ? y.Slope : shortcut + y.Slope);
    }

    private Tensor Shortcut(Tensor x)
    {
        if (stride > 1)
            x = x[TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(step: stride), TensorIndex.Slice(step: stride)];
        return channelPadding > 0 ? functional.pad(x, [0, 0, 0, 0, channelPadding / 2, channelPadding - (channelPadding / 2)]) : x;
    }

    public override string Export(string x, OperatorGraph graph)
    {
        var y = x;
        foreach (var layer in body)
            y = layer.Export(y, graph);
        if (stride > 1)
        {
            // From the first to the last position of both sides.
            x = graph.Apply("Slice", [x, graph.Numbers("starts", 0, 0), graph.Numbers("ends", int.MaxValue, int.MaxValue), graph.Numbers("axes", 2, 3), graph.Numbers("steps", stride, stride)]);
        }

        if (channelPadding > 0)
            x = graph.Apply("Pad", [x, graph.Numbers("pads", 0, channelPadding / 2, 0, 0, 0, channelPadding - (channelPadding / 2), 0, 0)]);
        return graph.Apply("Add", [x, y]);
    }
}
