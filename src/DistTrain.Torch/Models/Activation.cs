using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>A function of each element.</summary>
/// <param name="Of">y of x.</param>
/// <param name="Derivative">dy/dx of x and y, with a derivative of its own where that is not 0.</param>
/// <param name="Export">The same as operators of ONNX: from the name of x to that of y.</param>
internal sealed record Activation(Func<Tensor, Tensor> Of, Func<Tensor, Tensor, Tensor> Derivative, Func<string, OperatorGraph, string> Export)
{
    /// <summary>y of x in the memory of x, where its derivative needs y alone; null: it needs x.</summary>
    public Func<Tensor, Tensor>? Over { get; private init; }

    /// <param name="kind">As the job file names it.</param>
    /// <exception cref="ModelException">There is none of that name.</exception>
    public static Activation Named(string kind) => kind switch
    {
        "relu" => new Activation(x => functional.relu(x), (_, y) => Side(y), (x, graph) => graph.Apply("Relu", [x])) { Over = x => x.relu_() },
        "tanh" => new Activation(x => x.tanh(), (_, y) => y.Squared().neg().Plus(1), (x, graph) => graph.Apply("Tanh", [x])),
        "sigmoid" => new Activation(x => x.sigmoid(), (_, y) => y - y.Squared(), (x, graph) => graph.Apply("Sigmoid", [x])),
        "gelu" => new Activation(x => functional.gelu(x), (x, _) => Gelu(x), ExportGelu),
        "silu" => new Activation(x => functional.silu(x), (x, y) => Silu(x, y), (x, graph) => graph.Apply("Mul", [x, graph.Apply("Sigmoid", [x])])),
        _ => throw new ModelException($"'{kind}' is not an activation"),
    };

    /// <summary>1 above the kink, 0 below and at it, as libtorch takes it.</summary>
    private static Tensor Side(Tensor y)
    {
        using var constant = no_grad();
        return y.sign();
    }

    /// <summary>s + y (1 − s), with s = 1 / (1 + exp(−x)) and y = x s.</summary>
    private static Tensor Silu(Tensor x, Tensor y)
    {
        var sigmoid = x.sigmoid();
        return sigmoid.Plus(y) - (y * sigmoid);
    }

    /// <summary>x Φ(x); an operator of its own came with set 20.</summary>
    private static string ExportGelu(string x, OperatorGraph graph)
    {
        string Number(double value) => graph.Constant("gelu", tensor((float)value));
        var error = graph.Apply("Erf", [graph.Apply("Mul", [x, Number(Math.Sqrt(0.5))])]);
        return graph.Apply("Mul", [x, graph.Apply("Mul", [graph.Apply("Add", [error, Number(1)]), Number(0.5)])]);
    }

    /// <summary>Φ(x) + x φ(x), of the normal distribution.</summary>
    private static Tensor Gelu(Tensor x) =>
        x.Times(Math.Sqrt(0.5)).erf().Times(0.5).Plus(0.5).Plus(x * x.Squared().Times(-0.5).exp().Times(1 / Math.Sqrt(2 * Math.PI)));
}
