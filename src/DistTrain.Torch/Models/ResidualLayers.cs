using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>y = shortcut(x) + body(x).</summary>
/// <param name="body">Comes first in a pass.</param>
/// <param name="shortcut">Empty: x itself.</param>
internal sealed class ResidualLayer(IReadOnlyList<Layer> body, IReadOnlyList<Layer> shortcut) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var y = body.Aggregate(x, (at, layer) => layer.Forward(at, pass));
        return shortcut.Aggregate(x, (at, layer) => layer.Forward(at, pass)).Plus(y);
    }

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var y = body.Aggregate(x, (at, layer) => layer.Forward(at, pass));
        var beside = shortcut.Aggregate(x, (at, layer) => layer.Forward(at, pass));
        return new Dual(beside.Value.Plus(y.Value), y.Slope is null ? beside.Slope : beside.Slope is null ? y.Slope : beside.Slope.Plus(y.Slope));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        var y = body.Aggregate(x, (at, layer) => layer.Export(at, graph));
        return graph.Apply("Add", [shortcut.Aggregate(x, (at, layer) => layer.Export(at, graph)), y]);
    }
}

/// <summary>[n, c, h, w] → [n, c + channels, ⌈h/stride⌉, ⌈w/stride⌉]: every so-many-th place, and channels of zeros on both sides (He et al. 2015, option A).</summary>
internal sealed class SubsamplingLayer(int stride, int channels) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        if (stride > 1)
            x = x[TensorIndex.Colon, TensorIndex.Colon, TensorIndex.Slice(step: stride), TensorIndex.Slice(step: stride)];
        return channels > 0 ? functional.pad(x, [0, 0, 0, 0, channels / 2, channels - (channels / 2)]) : x;
    }

    public override Dual Forward(Dual x, ForwardPass pass) => Linearly(x, pass);

    public override string Export(string x, OperatorGraph graph)
    {
        if (stride > 1)
        {
            // From the first to the last position of both sides.
            x = graph.Apply("Slice", [x, graph.Numbers("starts", 0, 0), graph.Numbers("ends", int.MaxValue, int.MaxValue), graph.Numbers("axes", 2, 3), graph.Numbers("steps", stride, stride)]);
        }

        return channels > 0 ? graph.Apply("Pad", [x, graph.Numbers("pads", 0, channels / 2, 0, 0, 0, channels - (channels / 2), 0, 0)]) : x;
    }
}
