using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models;

/// <summary>
/// Layers one behind the other. What stands between two of them is let go of when the second one has it, and what a layer made on its way when it is done:
/// libtorch keeps what a backward pass reads, and nothing else is kept. A layer takes the memory of what it gets where nobody else reads that.
/// </summary>
internal sealed class LayerList(IReadOnlyList<Layer> layers) : Layer
{
    public override bool GivesItsOwn => layers is [.., var last] && last.GivesItsOwn;

    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var (at, isOwn) = (x, false);
        foreach (var layer in layers)
        {
            var y = Apply(layer, at, isOwn, pass);
            if (!ReferenceEquals(at, x) && !ReferenceEquals(at, y))
                at.Dispose();
            (at, isOwn) = (y, layer.GivesItsOwn);
        }

        return at;
    }

    /// <summary>Values are read again where slopes are taken of them: each has memory of its own.</summary>
    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var at = x;
        foreach (var layer in layers)
        {
            var y = Apply(layer, at, pass);
            foreach (var tensor in (Tensor?[])[at.Value, at.Slope])
            {
                if (tensor is not null && !x.Has(tensor) && !y.Has(tensor))
                    tensor.Dispose();
            }

            at = y;
        }

        return at;
    }

    public override string Export(string x, OperatorGraph graph) => layers.Aggregate(x, (at, layer) => layer.Export(at, graph));

    private static Tensor Apply(Layer layer, Tensor x, bool isOwn, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        var y = isOwn ? layer.Overwrite(x, pass) : layer.Forward(x, pass);
        return ReferenceEquals(x, y) ? y : y.MoveToOuterDisposeScope();
    }

    private static Dual Apply(Layer layer, Dual x, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        var y = layer.Forward(x, pass);
        foreach (var tensor in (Tensor?[])[y.Value, y.Slope])
        {
            if (tensor is not null && !x.Has(tensor))
                tensor.MoveToOuterDisposeScope();
        }

        return y;
    }
}
