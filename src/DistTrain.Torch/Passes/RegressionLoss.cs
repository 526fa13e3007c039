using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// What a number costs that is told as s where it is y, by its error e = s − y: squared, or Huber's (1964), which is a line beyond δ:
/// <code>
/// squared: e²      huber: e²/2 where |e| ≤ δ, else δ·(|e| − δ/2)
/// </code>
/// It is right as far as it is better than the whole's mean: 1 − e²/variance, of which the mean over the whole is R². Beside it |e| is told.
/// </summary>
/// <param name="recipe">Which one, and δ.</param>
internal sealed class RegressionLoss(RegressionRecipe recipe) : ILoss
{
    private bool IsSquared => recipe.Loss == RegressionLosses.Squared;

    /// <inheritdoc/>
    public Tensor Of(Tensor scores, Tensor labels, Divisor divisor) => IsSquared
        ? nn.functional.mse_loss(scores.flatten(), labels, nn.Reduction.Sum)
        : nn.functional.huber_loss(scores.flatten(), labels, recipe.Delta, nn.Reduction.Sum);

    /// <summary>2e, or e between −δ and δ, times the slope of s.</summary>
    /// <inheritdoc/>
    public Tensor Slope(Dual scores, Tensor labels, Divisor divisor)
    {
        var error = scores.Value.flatten() - labels;
        return ((IsSquared ? error.Times(2) : error.Between(-recipe.Delta, recipe.Delta)) * scores.Slope!.flatten()).sum();
    }

    /// <inheritdoc/>
    public (double Correct, double Beside) Told(Tensor scores, Tensor labels, Divisor divisor)
    {
        var error = (scores.detach().flatten() - labels).to(float64);
        var examples = (double)labels.shape[0];
        // Where all have the same label there is nothing to be better than.
        return (divisor.Variance > 0 ? examples - ((error * error).sum().item<double>() / divisor.Variance) : 0, error.abs().sum().item<double>());
    }
}
