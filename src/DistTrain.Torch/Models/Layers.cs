using DistTrain.Optimization.Randomness;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models;

/// <summary>[n, in] → [n, out]; of a sequence [n, t, in] → [n, t, out].</summary>
internal sealed class LinearLayer(Weight weight, int? bias, bool isSequence) : Layer
{
    /// <summary>Of a sequence it is a view of a product of matrices.</summary>
    public override bool GivesItsOwn => !isSequence;

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
internal sealed class ConvLayer(Weight weight, int? bias, int stride, int padding, int groups = 1) : Layer
{
    public override bool GivesItsOwn => true;

    public override Tensor Forward(Tensor x, ForwardPass pass) =>
        pass.Convolve(x, weight.Of(pass), bias is { } b ? pass.Parameters[b] : null, stride, padding, groups);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var (value, slope) = weight.Along(pass);
        return new Dual(
            pass.Convolve(x.Value, value, bias is { } b ? pass.Parameters[b] : null, stride, padding, groups),
            Dual.Sum(
                pass.Convolve(x.Value, slope, bias is { } d ? pass.Direction[d] : null, stride, padding, groups),
                x.Slope is { } input ? pass.Convolve(input, value, null, stride, padding, groups) : null));
    }

    public override string Export(string x, OperatorGraph graph) => graph.Apply(
        "Conv",
        bias is { } b ? [x, weight.Export(graph), graph.Parameter(b)] : [x, weight.Export(graph)],
        [
            ("strides", new long[] { stride, stride }),
            ("pads", new long[] { padding, padding, padding, padding }),
            .. groups > 1 ? [("group", (long)groups)] : Array.Empty<(string, object)>(),
        ]);
}

internal sealed class ActivationLayer(Activation function) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass) => function.Of(x);

    public override Tensor Overwrite(Tensor x, ForwardPass pass) => function.Over is { } over ? over(x) : function.Of(x);

    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var y = function.Of(x.Value);
        return new Dual(y, x.Slope is { } slope ? slope * function.Derivative(x.Value, y) : null);
    }

    public override string Export(string x, OperatorGraph graph) => function.Export(x, graph);
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
