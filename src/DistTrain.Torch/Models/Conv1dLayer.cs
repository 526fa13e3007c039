using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>
/// Convolution along a sequence, [n, t, in] → [n, t', out]; of rows [n, t], in is 1. Padding behind a sequence is 0 for it, whatever stands there, as are the
/// places around it: a sequence has the outputs that it would have by itself. A causal one does not see what lies behind a place, so neither padding.
/// </summary>
/// <param name="weight">[out, in/groups, kernel].</param>
/// <param name="bias">[out].</param>
/// <param name="stride">Places from one window to the next.</param>
/// <param name="before">Zeros before the first place.</param>
/// <param name="behind">Zeros behind the last one.</param>
/// <param name="groups">Of inputs and outputs.</param>
/// <param name="areRows">Examples are rows.</param>
internal sealed class Conv1dLayer(Weight weight, int? bias, int stride, int before, int behind, int groups, bool areRows) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        pass.ConvolveAlong(Channels(x, pass), weight.Of(pass), bias is { } b ? pass.Parameters[b] : null, stride, groups).transpose(1, 2);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (value, slope) = weight.Along(pass);
        var channels = Channels(x.Value, pass);
        return new Dual(
            pass.ConvolveAlong(channels, value, bias is { } b ? pass.Parameters[b] : null, stride, groups).transpose(1, 2),
            Dual.Sum(
                pass.ConvolveAlong(channels, slope, bias is { } d ? pass.Direction[d] : null, stride, groups),
                x.Slope is { } input ? pass.ConvolveAlong(Channels(input, pass), value, null, stride, groups) : null).transpose(1, 2));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        if (areRows)
            x = graph.Apply("Unsqueeze", [x, graph.Numbers("axes", 2)]);
        else if (graph.HasTokens && behind > 0)
            x = graph.Apply("Where", [graph.Apply("Unsqueeze", [graph.IsPadding(), graph.Numbers("axes", 2)]), graph.Constant("nothing", tensor(0f)), x]);
        var y = graph.Apply(
            "Conv",
            bias is { } b ? [Turned(x), weight.Export(graph), graph.Parameter(b)] : [Turned(x), weight.Export(graph)],
            ("strides", new long[] { stride }),
            ("pads", new long[] { before, behind }),
            ("group", (long)groups));
        return Turned(y);

        string Turned(string at) => graph.Apply("Transpose", [at], ("perm", new long[] { 0, 2, 1 }));
    }

    /// <summary>[n, t, in] or [n, t] → [n, in, before + t + behind].</summary>
    private Tensor Channels(Tensor x, ForwardPass pass)
    {
        if (areRows)
            x = x.unsqueeze(2);
        else if (behind > 0 && pass.Padding is { } padding)
            x = x.masked_fill(padding.Places().to(x.device), ScalarArithmetic.Zero);
        x = x.transpose(1, 2);
        return before + behind > 0 ? functional.pad(x, [before, behind]) : x;
    }
}
