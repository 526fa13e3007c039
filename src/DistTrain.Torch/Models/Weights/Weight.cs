using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models.Weights;

/// <summary>What a linear or convolutional layer multiplies by: a function of the replica's parameter views.</summary>
internal abstract class Weight
{
    /// <summary>The parameter that it is made of.</summary>
    protected abstract int Segment { get; }

    /// <summary>The weight as a constant of a graph: its name there.</summary>
    public string Export(OperatorGraph graph) => graph.Beside(Segment, "weight", Of(graph.Pass));

    /// <summary>The weight in this pass, [out, …].</summary>
    public abstract Tensor Of(ForwardPass pass);

    /// <summary>The same with its slope along the pass's direction.</summary>
    public abstract (Tensor Value, Tensor Slope) Along(ForwardPass pass);
}
