using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>The figures of a run from its committed history.</summary>
internal static class RunSummary
{
    public static JobResult Of(IReadOnlyList<MetricsEvent> history)
    {
        var steps = history.Where(e => e.Step is not null).Select(e => e.Step).ToList();
        var evaluation = history.LastOrDefault(e => e.Evaluation is not null)?.Evaluation;
        var validation = history.LastOrDefault(e => e.Validation is not null)?.Validation;
        if (steps.Count == 0)
            return new JobResult();
        // Step 1 pays for start-up (compilation, first allocations); with others to go by it is left out of the times.
        var timed = steps.Count > 1 ? steps.Skip(1).ToList() : steps;
        // Epochs are rounded fractions: the tolerance keeps the step that ends exactly one epoch before the last out.
        var lastEpochStart = steps[^1].Epoch - 1 + 1e-9;
        // The loss of a skipped step may be no number, and is none that training went by.
        var lastEpoch = steps.Where(s => s.Epoch > lastEpochStart && s.Skipped.Length == 0).ToList();
        var result = new JobResult
        {
            Steps = steps[^1].Step,
            Epochs = steps[^1].Epoch,
            TrainLoss = lastEpoch.Sum(s => s.Loss * s.Examples) / lastEpoch.Sum(s => s.Examples),
            SkippedSteps = steps.Count(s => s.Skipped.Length > 0),
            ReplayChecks = steps.Count(s => s.ReplayCheck.Length > 0),
            TestAccuracy = evaluation?.Accuracy ?? 0,
            TestLoss = evaluation?.Loss ?? 0,
            ImagesPerSecond = timed.Sum(s => (double)s.Examples) / Math.Max(timed.Sum(s => s.Milliseconds), 1e-3) * 1000,
            StepMillisecondsMedian = Median(timed.Select(s => s.Milliseconds)),
            OverheadShare = Median(timed.Select(s => s.Milliseconds <= 0 ? 0 : Math.Max(0, 1 - (s.ComputeMilliseconds / s.Milliseconds)))),
        };
        if (validation is not null)
            (result.ValidationAccuracy, result.ValidationLoss) = (validation.Accuracy, validation.Loss);
        return result;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
