using DistTrain.Torch.Data.Examples;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>What a task makes of scores and labels. All are sums over the examples of a pass: divided by the whole's number they add up to its mean.</summary>
internal interface ILoss
{
    /// <summary>Σ over the examples, 0-dimensional.</summary>
    /// <param name="scores">[n, classes], or [n, t, classes] of tokens.</param>
    /// <param name="labels">[n] or [n, t].</param>
    /// <param name="divisor">Of the whole that they are a part of.</param>
    Tensor Of(Tensor scores, Tensor labels, Divisor divisor);

    /// <summary>Its slope along the direction that the scores' slope is along.</summary>
    Tensor Slope(Dual scores, Tensor labels, Divisor divisor);

    /// <summary>How well the examples are told: what is right of them, and what the task tells beside it; 0: nothing.</summary>
    (double Correct, double Beside) Told(Tensor scores, Tensor labels, Divisor divisor);
}
