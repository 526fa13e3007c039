using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>What a pool looks at, along the last two dimensions.</summary>
internal sealed record PoolWindow(long[] Size, long[] Stride, long[] Padding)
{
    public static PoolWindow Square(int size, int stride, int padding = 0) => new([size, size], [stride, stride], [padding, padding]);

    /// <summary>Of so many places of a sequence, each number by itself.</summary>
    public static PoolWindow Along(int size, int stride, int padding = 0) => new([size, 1], [stride, 1], [padding, 0]);
}

/// <summary>Places of the padding are no maximum.</summary>
internal sealed class MaxPoolLayer(PoolWindow window) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => functional.max_pool2d(x, window.Size, window.Stride, window.Padding);

    /// <summary>The slope is that of the largest.</summary>
    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (y, places) = functional.max_pool2d_with_indices(x.Value, window.Size, window.Stride, window.Padding);
        return new Dual(y, x.Slope?.flatten(2).gather(2, places.flatten(2)).view(y.shape));
    }

    public override string Export(string x, OperatorGraph graph) => graph.Apply(
        "MaxPool",
        [x],
        [
            ("kernel_shape", window.Size),
            ("strides", window.Stride),
            .. window.Padding is [0, 0] ? Array.Empty<(string, object)>() : [("pads", (long[])[.. window.Padding, .. window.Padding])],
        ]);
}

internal sealed class AveragePoolLayer(PoolWindow window) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => functional.avg_pool2d(x, window.Size, window.Stride);

    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph) => graph.Apply("AveragePool", [x], ("kernel_shape", window.Size), ("strides", window.Stride));
}

/// <summary>[n, t, d] → [n, t', d]: a pool along a sequence, which is an image [n, 1, t, d] to it.</summary>
/// <param name="pool">Its windows are one number wide.</param>
internal sealed class SequencePoolLayer(Layer pool) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => pool.Forward(x.unsqueeze(1), pass).squeeze(1);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var y = pool.Forward(new Dual(x.Value.unsqueeze(1), x.Slope?.unsqueeze(1)), pass);
        return new Dual(y.Value.squeeze(1), y.Slope?.squeeze(1));
    }

    public override string Export(string x, OperatorGraph graph) =>
        graph.Apply("Squeeze", [pool.Export(graph.Apply("Unsqueeze", [x, graph.Numbers("axes", 1)]), graph), graph.Numbers("axes", 1)]);
}

/// <summary>[n, c, h, w] → [n, c]; of a sequence [n, t, d] → [n, d].</summary>
internal sealed class GlobalAveragePoolLayer(bool isSequence) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => isSequence ? x.mean([1]) : x.mean([2, 3]);

    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph)
    {
        if (isSequence)
            x = graph.Apply("Transpose", [x], ("perm", new long[] { 0, 2, 1 }));
        return graph.Apply("Flatten", [graph.Apply("GlobalAveragePool", [x])]);
    }
}
