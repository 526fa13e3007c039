using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>The curves of a run.</summary>
/// <param name="Width">Steps of a bucket: 1 where all steps are there.</param>
/// <param name="Steps">The steps that are kept.</param>
/// <param name="Means">Means over the buckets; null where all steps are there.</param>
/// <param name="Evaluations">On the test set.</param>
/// <param name="Validations">On what the job sets apart of the training set.</param>
/// <param name="Probes">Along updates.</param>
/// <param name="Skipped">Steps that made no update.</param>
/// <param name="Generations">Where each generation of the servers begins, the first one included.</param>
/// <param name="Strip">The steps' digests.</param>
/// <param name="Figures">The run in numbers.</param>
public sealed record RunSeries(
    long Width,
    StepColumns Steps,
    MeanColumns? Means,
    IReadOnlyList<EvaluationPoint> Evaluations,
    IReadOnlyList<EvaluationPoint> Validations,
    IReadOnlyList<ProbePoint> Probes,
    IReadOnlyList<SkippedStep> Skipped,
    IReadOnlyList<GenerationStart> Generations,
    IReadOnlyList<StripCell> Strip,
    RunFigures Figures);

/// <summary>A run in numbers, as the command that ran it prints them; null where there is nothing to tell yet.</summary>
/// <param name="Seconds">Time that training took: the sum of all steps, evaluations left out.</param>
public sealed record RunFigures(
    long Steps,
    double Epochs,
    double? TrainLoss,
    double? TestAccuracy,
    double? TestLoss,
    double? ValidationAccuracy,
    double? ValidationLoss,
    double? ImagesPerSecond,
    double? StepMillisecondsMedian,
    double? OverheadShare,
    long SkippedSteps,
    long ReplayChecks,
    double Seconds)
{
    /// <summary>Of regression, in place of the accuracy; null of other tasks, as the next one.</summary>
    public double? TestR2 { get; init; }

    /// <summary>Mean |e|.</summary>
    public double? TestMae { get; init; }

    /// <summary>Share whose class is among the topK highest scores; null where the job has no topK.</summary>
    public double? TestTopAccuracy { get; init; }

    /// <summary>The same of what the job sets apart.</summary>
    public double? ValidationR2 { get; init; }

    /// <inheritdoc cref="ValidationR2"/>
    public double? ValidationMae { get; init; }

    /// <inheritdoc cref="ValidationR2"/>
    public double? ValidationTopAccuracy { get; init; }

    internal static RunFigures Of(JobResult result, double seconds)
    {
        double? Known(double value) => result.Steps == 0 ? null : value;
        // A run has an evaluation once it has one: both figures are 0 before.
        double? Evaluated(double value) => result is { TestAccuracy: 0, TestLoss: 0, TestMeasures: null } ? null : value;
        var (test, validation) = (TaskPoint.Of(result.TestAccuracy, result.TestMeasures), TaskPoint.Of(result.ValidationAccuracy, result.ValidationMeasures));
        return new RunFigures(
            result.Steps,
            result.Epochs,
            Known(result.TrainLoss),
            test.Accuracy is { } accuracy ? Evaluated(accuracy) : null,
            Evaluated(result.TestLoss),
            result.HasValidationAccuracy ? validation.Accuracy : null,
            result.HasValidationLoss ? result.ValidationLoss : null,
            Known(result.ImagesPerSecond),
            Known(result.StepMillisecondsMedian),
            Known(result.OverheadShare),
            result.SkippedSteps,
            result.ReplayChecks,
            seconds)
        {
            TestR2 = test.R2,
            TestMae = test.Mae,
            TestTopAccuracy = test.TopAccuracy,
            ValidationR2 = validation.R2,
            ValidationMae = validation.Mae,
            ValidationTopAccuracy = validation.TopAccuracy,
        };
    }
}
