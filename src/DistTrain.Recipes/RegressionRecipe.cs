namespace DistTrain.Recipes;

/// <summary>How a number is told.</summary>
/// <param name="Loss">One of <see cref="RegressionLosses"/>.</param>
/// <param name="Delta">huber: the error from which on it is a line.</param>
public sealed record RegressionRecipe(string Loss, double Delta)
{
    public const double DefaultDelta = 1;
}
