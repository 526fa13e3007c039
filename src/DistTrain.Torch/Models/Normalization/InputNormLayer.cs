using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// Brings each input feature, or channel, to mean 0 and deviation 1 over the training set. Mean and variance are a buffer of the version, taken in
/// the job's first step, so they are in every checkpoint and in the saved model, and evaluation applies the same. A feature that never changes
/// is only centered.
/// </summary>
/// <param name="statistics">Segment of the (mean, variance) pairs.</param>
/// <param name="byFeature">Every element of an example by itself; else every channel.</param>
internal sealed class InputNormLayer(int statistics, bool byFeature) : Layer
{
    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var values = byFeature ? x.flatten(1) : x;
        if (pass.MeasuresInputs)
            pass.Moments?.Invoke(statistics, ChannelMoments.OfInputs(values));
        var (mean, deviation) = Running(pass);
        var shape = ChannelMoments.Shape(values);
        return ((values - mean.view(shape)) / deviation.view(shape)).view(x.shape);
    }

    /// <summary>It comes first: nothing before it depends on a parameter.</summary>
    public override Dual Forward(Dual x, ForwardPass pass) => x.Slope is null
        ? new Dual(Forward(x.Value, pass), null)
        : throw new InvalidOperationException("the examples have no slope");

    public override string Export(string x, OperatorGraph graph)
    {
        var (mean, deviation) = Running(graph.Pass);
        long[] shape = byFeature ? [.. graph.InputShape.Select(side => (long)side)] : [mean.shape[0], .. graph.InputShape.Skip(1).Select(_ => 1L)];
        var centered = graph.Apply("Sub", [x, graph.Beside(statistics, "mean", mean.reshape(shape))]);
        return graph.Apply("Div", [centered, graph.Beside(statistics, "deviation", deviation.reshape(shape))]);
    }

    /// <summary>Of each feature or channel.</summary>
    private (Tensor Mean, Tensor Deviation) Running(ForwardPass pass)
    {
        var (mean, variance) = (pass.Parameters[statistics].select(1, 0), pass.Parameters[statistics].select(1, 1));
        return (mean, where(variance.IsPositive(), variance.sqrt(), ones_like(variance)));
    }
}
