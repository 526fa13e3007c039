using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models;

/// <summary>[n, t] of whole numbers → [n, t, d]: a row of the weight for each.</summary>
internal sealed class EmbeddingLayer(int weight) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => Rows(pass.Parameters[weight], x);

    /// <summary>It comes first: nothing before it depends on a parameter.</summary>
    public override Dual Forward(Dual x, ForwardPass pass) => new(Forward(x.Value, pass), Rows(pass.Direction[weight], x.Value));

    public override string Export(string x, OperatorGraph graph) => graph.Apply("Gather", [graph.Parameter(weight), x]);

    private static Tensor Rows(Tensor table, Tensor x) => table.index_select(0, x.flatten().to(int64)).view(x.shape[0], x.shape[1], -1);
}

/// <summary>[n, t, d] → [n, t, d]: adds a learned row for each place.</summary>
internal sealed class LearnedPositionsLayer(int weight) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => x + pass.Parameters[weight];

    public override Dual Forward(Dual x, ForwardPass pass) =>
        new(Forward(x.Value, pass), x.Slope is { } slope ? slope + pass.Direction[weight] : pass.Direction[weight].expand_as(x.Value));

    public override string Export(string x, OperatorGraph graph) => graph.Apply("Add", [x, graph.Parameter(weight)]);
}

/// <summary>
/// [n, t, d] → [n, t, d]: adds sines and cosines of each place (1706.03762, section 3.5).
/// <code>
/// p(place, 2i) = sin(place / 10000^(2i/d))        p(place, 2i + 1) = cos(place / 10000^(2i/d))
/// </code>
/// </summary>
internal sealed class SinusoidalPositionsLayer(int places, int width) : Layer
{
    private readonly float[] _values = ValuesOf(places, width);

    public override Tensor Forward(Tensor x, ForwardPass pass) => x + Values().to(x.dtype).to(x.device);

    public override Dual Forward(Dual x, ForwardPass pass) => new(Forward(x.Value, pass), x.Slope);

    public override string Export(string x, OperatorGraph graph) => graph.Apply("Add", [x, graph.Constant("positions", Values())]);

    private Tensor Values() => tensor(_values, [places, width]);

    private static float[] ValuesOf(int places, int width)
    {
        var values = new float[places * width];
        for (var place = 0; place < places; place++)
        {
            for (var i = 0; i < width; i++)
            {
                var angle = place / Math.Pow(10_000, (i - (i % 2)) / (double)width);
                values[(place * width) + i] = (float)(i % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        return values;
    }
}
