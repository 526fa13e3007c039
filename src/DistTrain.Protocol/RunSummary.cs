namespace DistTrain.Protocol;

/// <summary>The figures of a run from its committed history, event by event.</summary>
public sealed class RunSummary
{
    private readonly List<Figures> _steps = [];
    private EvaluationMetrics? _evaluation;
    private EvaluationMetrics? _validation;
    private long _last;
    private long _skipped;
    private long _checked;

    /// <summary>The figures of a whole history; <c>weights_sha256</c> is not known here.</summary>
    public static JobResult Of(IEnumerable<MetricsEvent> history)
    {
        var summary = new RunSummary();
        foreach (var next in history)
            summary.Add(next);
        return summary.ToResult();
    }

    /// <summary>The next event.</summary>
    public void Add(MetricsEvent next)
    {
        (_evaluation, _validation) = (next.Evaluation ?? _evaluation, next.Validation ?? _validation);
        if (next.Step is not { } step)
            return;
        _last = step.Step;
        _skipped += step.Skipped.Length > 0 ? 1 : 0;
        _checked += step.ReplayCheck.Length > 0 ? 1 : 0;
        _steps.Add(new Figures(step.Epoch, step.Skipped.Length > 0 ? null : step.Loss, step.Examples, step.Milliseconds, step.ComputeMilliseconds));
    }

    /// <summary>The figures so far.</summary>
    public JobResult ToResult()
    {
        if (_steps.Count == 0)
            return new JobResult();
        // Step 1 pays for start-up (compilation, first allocations); with others to go by it is left out of the times.
        var timed = _steps.Count > 1 ? _steps.Skip(1).ToList() : _steps;
        // Epochs are rounded fractions: the tolerance keeps the step that ends exactly one epoch before the last out.
        var lastEpochStart = _steps[^1].Epoch - 1 + 1e-9;
        // The loss of a skipped step may be no number, and is none that training went by.
        var lastEpoch = _steps.Where(s => s.Epoch > lastEpochStart && s.Loss is not null).ToList();
        var result = new JobResult
        {
            Steps = _last,
            Epochs = _steps[^1].Epoch,
            TrainLoss = lastEpoch.Sum(s => s.Loss!.Value * s.Examples) / lastEpoch.Sum(s => (long)s.Examples),
            SkippedSteps = _skipped,
            ReplayChecks = _checked,
            TestAccuracy = _evaluation?.Accuracy ?? 0,
            TestLoss = _evaluation?.Loss ?? 0,
            TestMeasures = _evaluation?.Measures,
            ImagesPerSecond = timed.Sum(s => (double)s.Examples) / Math.Max(timed.Sum(s => s.Milliseconds), 1e-3) * 1000,
            StepMillisecondsMedian = Median(timed.Select(s => s.Milliseconds)),
            OverheadShare = Median(timed.Select(s => s.Milliseconds <= 0 ? 0 : Math.Max(0, 1 - (s.Computing / s.Milliseconds)))),
        };
        if (_validation is not null)
            (result.ValidationAccuracy, result.ValidationLoss, result.ValidationMeasures) = (_validation.Accuracy, _validation.Loss, _validation.Measures);
        return result;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>What the figures of a run need of a step.</summary>
    private readonly record struct Figures(double Epoch, double? Loss, int Examples, double Milliseconds, double Computing);
}
