using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// One layer of a model: a function of its input and of the replica's parameter views. It owns no tensor, so one blueprint serves every
/// replica, and nothing is drawn from libtorch's global generator.
/// </summary>
internal abstract class Layer
{
    /// <summary>Nobody else reads the memory of its output, nor does its own backward pass: what comes next may take it.</summary>
    public virtual bool GivesItsOwn => false;

    /// <param name="x">Input, batch first; the caller's dispose scope frees what is made from it.</param>
    /// <param name="pass">Parameters and mode of this pass.</param>
    public abstract Tensor Forward(Tensor x, ForwardPass pass);

    /// <summary>The same, bit for bit; the output may lie where the input was.</summary>
    /// <inheritdoc cref="Forward(Tensor, ForwardPass)"/>
    public virtual Tensor Overwrite(Tensor x, ForwardPass pass) => Forward(x, pass);

    /// <summary>The same output with its slope along <see cref="ForwardPass.Direction"/>, made of operations that have a derivative of their own.</summary>
    /// <inheritdoc cref="Forward(Tensor, ForwardPass)"/>
    public abstract Dual Forward(Dual x, ForwardPass pass);

    /// <summary>Adds what <see cref="Forward(Tensor, ForwardPass)"/> does in evaluation mode to a graph of operators.</summary>
    /// <param name="x">Name of the input.</param>
    /// <param name="graph">The graph.</param>
    /// <returns>Name of the output.</returns>
    public abstract string Export(string x, OperatorGraph graph);

    /// <summary>That of a layer that is linear in its input and has no parameters: the slope goes the input's way.</summary>
    protected Dual Linearly(Dual x, ForwardPass pass) => new(Forward(x.Value, pass), x.Slope is { } slope ? Forward(slope, pass) : null);
}
