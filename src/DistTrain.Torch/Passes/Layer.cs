using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// One layer of a model: a function of its input and of the replica's parameter views. It owns no tensor, so one blueprint serves every
/// replica, and nothing is drawn from libtorch's global generator.
/// </summary>
internal abstract class Layer
{
    /// <param name="x">Input, batch first; the caller's dispose scope frees what is made from it.</param>
    /// <param name="pass">Parameters and mode of this pass.</param>
    public abstract Tensor Forward(Tensor x, ForwardPass pass);
}
