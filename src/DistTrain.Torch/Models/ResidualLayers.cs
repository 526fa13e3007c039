using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>y = shortcut(x) + body(x).</summary>
/// <param name="body">Comes first in a pass.</param>
/// <param name="shortcut">Empty: x itself.</param>
internal sealed class ResidualLayer(LayerList body, LayerList shortcut) : Layer
{
    public override bool GivesItsOwn => true;

    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var y = body.Forward(x, pass);
        var beside = shortcut.Forward(x, pass);
        // A sum of two types has the wider one, which the narrower one's memory could not hold.
        return body.GivesItsOwn && y.dtype == beside.dtype ? y.add_(beside, ScalarArithmetic.One) : beside.Plus(y);
    }

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (y, beside) = (body.Forward(x, pass), shortcut.Forward(x, pass));
        return new Dual(beside.Value.Plus(y.Value), y.Slope is null ? beside.Slope : beside.Slope is null ? y.Slope : beside.Slope.Plus(y.Slope));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        var y = body.Export(x, graph);
        return graph.Apply("Add", [shortcut.Export(x, graph), y]);
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
