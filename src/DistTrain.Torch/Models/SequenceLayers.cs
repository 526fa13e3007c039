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

/// <summary>[n, t, d] → [n, t, tokens]: y = x·Eᵀ + b, E being the embedding's weight.</summary>
/// <param name="weight">E, [tokens, d].</param>
/// <param name="bias">b, [tokens].</param>
internal sealed class UnembeddingLayer(int weight, int bias) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => pass.Linear(x, pass.Parameters[weight], pass.Parameters[bias]);

    public override Dual Forward(Dual x, ForwardPass pass) => new(Forward(x.Value, pass), Dual.Sum(
        pass.Linear(x.Value, pass.Direction[weight], pass.Direction[bias]), x.Slope is { } slope ? pass.Linear(slope, pass.Parameters[weight], null) : null));

    public override string Export(string x, OperatorGraph graph) =>
        graph.Apply("Add", [graph.Apply("MatMul", [x, graph.Beside(weight, "transposed", graph.Pass.Parameters[weight].t())]), graph.Parameter(bias)]);
}

/// <summary>[n, t, d] → [n, t, d]: adds a learned row for each place; there may be more rows than places.</summary>
internal sealed class LearnedPositionsLayer(int weight) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => x.Plus(pass.Parameters[weight].PlacesOf(x));

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var rows = pass.Direction[weight].PlacesOf(x.Value);
        return new Dual(Forward(x.Value, pass), x.Slope is { } slope ? slope.Plus(rows) : rows.expand_as(x.Value));
    }

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

    public override Tensor Forward(Tensor x, ForwardPass pass) => x.Plus(Values().PlacesOf(x).to(x.dtype).to(x.device));

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

/// <summary>Rows for places.</summary>
internal static class Places
{
    /// <summary>[places, d] → [t, d]: the first ones, of a sequence [n, t, d].</summary>
    public static Tensor PlacesOf(this Tensor rows, Tensor x) => rows.shape[0] == x.shape[1] ? rows : rows.narrow(0, 0, x.shape[1]);
}
