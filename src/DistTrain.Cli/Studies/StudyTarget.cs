using System.Globalization;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Studies;

/// <summary>How far a run goes until it has arrived.</summary>
internal static class StudyTarget
{
    /// <summary>What a table says of the runs of a recipe and batch.</summary>
    /// <param name="study">The study.</param>
    /// <param name="target">The accuracy, 0..1.</param>
    /// <param name="results">At least one.</param>
    public static string Of(Study study, double target, IReadOnlyList<StudyResult> results)
    {
        List<double> epochs = [.. results.Select(r => Epochs(r, target)).OfType<double>().Order()];
        if (epochs.Count < results.Count)
            return epochs.Count == 0 ? "no data" : $"no data for {results.Count - epochs.Count} of {results.Count}";
        var median = StudyTable.Median(epochs);
        var result = results[0];
        // Updates of an epoch as the run made them: a batch may have grown meanwhile.
        var updates = result.Evaluations is [.., { Epoch: > 0 and var last }] ? median * result.Steps / last : double.NaN;
        return string.Create(CultureInfo.InvariantCulture, $"{updates:N0}, {median:0.##}");
    }

    /// <summary>Epochs until the first evaluation at or above the target; null: there is none.</summary>
    public static double? Epochs(StudyResult result, double target) => result.Evaluations.FirstOrDefault(e => e.Accuracy >= target)?.Epoch;
}
