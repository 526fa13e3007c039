using DistTrain.Torch.Passes;
using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models;

/// <summary>
/// Multi-head attention of a sequence to itself (1706.03762, section 3.2), [n, t, d] → [n, t, d]; parameters as of PyTorch's MultiheadAttention.
/// <code>
/// q, k, v = parts of x·Wᵀ + b, [n, heads, t, d/heads]        p = softmax(q·kᵀ / sqrt(d/heads))        y = (p·v)·Uᵀ + c
/// </code>
/// Written out and not left to a fused kernel, whose sums depend on the processor. What a place may not see, −∞ is added to before the softmax: its share
/// is 0, and so is what comes back to it.
/// </summary>
/// <param name="weight">W, [3d, d].</param>
/// <param name="bias">b, [3d].</param>
/// <param name="outWeight">U, [d, d].</param>
/// <param name="outBias">c, [d].</param>
/// <param name="heads">A divisor of d.</param>
/// <param name="places">t; a pass may have fewer.</param>
/// <param name="isCausal">A place sees those before it and itself only.</param>
internal sealed class AttentionLayer(int weight, int bias, int outWeight, int outBias, int heads, int places, bool isCausal) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var (q, k, v) = Split(pass.Linear(x, pass.Parameters[weight], pass.Parameters[bias]));
        return pass.Linear(Join(pass.Multiply(Shares(q, k, pass), v)), pass.Parameters[outWeight], pass.Parameters[outBias]);
    }

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (q, k, v) = Split(pass.Linear(x.Value, pass.Parameters[weight], pass.Parameters[bias]));
        var (dq, dk, dv) = Split(SlopeOf(x, pass, weight, bias));
        var p = Shares(q, k, pass);
        // Of softmax: ṗ = p·(ṡ − Σ p·ṡ). Where p is 0 because it may not be seen, it stays 0.
        var ds = dq.matmul(k.transpose(2, 3)).Plus(q.matmul(dk.transpose(2, 3))).Times(Scale(q));
        var dp = p * (ds - (p * ds).sum(3, keepdim: true));
        var seen = new Dual(Join(p.matmul(v)), Join(dp.matmul(v).Plus(p.matmul(dv))));
        return new Dual(pass.Linear(seen.Value, pass.Parameters[outWeight], pass.Parameters[outBias]), SlopeOf(seen, pass, outWeight, outBias));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        var width = graph.Pass.Parameters[outBias].shape[0];
        var all = graph.Apply("Reshape", [Linear(x, weight, bias, graph), graph.Numbers("heads", 0, -1, 3, heads, width / heads)]);
        var parts = graph.Apply("Transpose", [all], ("perm", new long[] { 2, 0, 3, 1, 4 }));
        string Part(long index) => graph.Apply("Gather", [parts, graph.Number("part", index)], ("axis", 0L));
        var (q, k, v) = (Part(0), graph.Apply("Transpose", [Part(1)], ("perm", new long[] { 0, 1, 3, 2 })), Part(2));
        var fit = graph.Apply("Mul", [graph.Apply("MatMul", [q, k]), graph.Constant("scale", tensor((float)(1 / Math.Sqrt(width / heads))))]);
        if (isCausal)
            fit = graph.Apply("Add", [fit, graph.Constant("later", Later(places))]);
        else if (graph.HasTokens)
            fit = graph.Apply("Add", [fit, graph.Unseen()]);
        var seen = graph.Apply("MatMul", [graph.Apply("Softmax", [fit], ("axis", -1L)), v]);
        var joined = graph.Apply("Reshape", [graph.Apply("Transpose", [seen], ("perm", new long[] { 0, 2, 1, 3 })), graph.Numbers("joined", 0, -1, width)]);
        return Linear(joined, outWeight, outBias, graph);
    }

    private static string Linear(string x, int matrix, int offset, OperatorGraph graph) =>
        graph.Apply("Add", [graph.Apply("MatMul", [x, graph.Beside(matrix, "transposed", graph.Pass.Parameters[matrix].t())]), graph.Parameter(offset)]);

    private static Tensor SlopeOf(Dual x, ForwardPass pass, int matrix, int offset) => Dual.Sum(
        pass.Linear(x.Value, pass.Direction[matrix], pass.Direction[offset]), x.Slope is { } slope ? pass.Linear(slope, pass.Parameters[matrix], null) : null);

    /// <summary>[n, t, 3d] → three of [n, heads, t, d/heads].</summary>
    private (Tensor Query, Tensor Key, Tensor Value) Split(Tensor all)
    {
        var parts = all.view(all.shape[0], all.shape[1], 3, heads, -1).permute(2, 0, 3, 1, 4).unbind(0);
        return (parts[0], parts[1], parts[2]);
    }

    /// <summary>[n, heads, t, d/heads] → [n, t, d].</summary>
    private static Tensor Join(Tensor parts) => parts.transpose(1, 2).flatten(2);

    /// <summary>How much each place takes of each, [n, heads, t, t].</summary>
    private Tensor Shares(Tensor q, Tensor k, ForwardPass pass)
    {
        var fit = pass.Multiply(q, k.transpose(2, 3)).to(pass.Parameters[weight].dtype).Times(Scale(q));
        // Padding comes last, so that a causal place does not see it anyway.
        var unseen = isCausal ? Later(q.shape[2]) : pass.Padding?.Unseen();
        return (unseen is null ? fit : fit.Plus(unseen.to(fit.dtype).to(q.device))).softmax(3);
    }

    private static double Scale(Tensor q) => 1 / Math.Sqrt(q.shape[3]);

    /// <summary>[t, t]: −∞ where a place would see a later one, else 0.</summary>
    private static Tensor Later(long places)
    {
        using var unseen = double.NegativeInfinity.ToScalar();
        return full([places, places], unseen).triu(1);
    }
}
