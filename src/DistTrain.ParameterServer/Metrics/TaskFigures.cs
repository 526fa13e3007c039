using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>What a task tells of examples, from what the ranks have added up: the same two sums have another name in each.</summary>
/// <param name="Accuracy">Share of them that are right; 0 of regression, which has none.</param>
/// <param name="Measures">What is told beside it, or in its place; null: nothing.</param>
internal sealed record TaskFigures(double Accuracy, Measures? Measures)
{
    /// <param name="dataset">Has the task.</param>
    /// <param name="correct">Mean of what is right of an example.</param>
    /// <param name="beside">Mean of what is told beside it.</param>
    public static TaskFigures Of(DatasetRecipe dataset, double correct, double beside) => dataset switch
    {
        { Regression: not null } => new(0, new Measures { RSquared = correct, AbsoluteError = beside }),
        { HasTokens: false, Classification.TopK: > 1 } => new(correct, new Measures { TopAccuracy = beside }),
        _ => new(correct, null),
    };
}
