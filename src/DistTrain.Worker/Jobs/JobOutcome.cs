using DistTrain.Protocol;

namespace DistTrain.Worker.Jobs;

/// <summary>The figures of a completed job; units as in <c>training_jobs.proto</c>.</summary>
[GenerateSerializer]
[Alias("DistTrain.JobOutcome")]
public sealed record JobOutcome(
    long Steps,
    double Epochs,
    double TrainLoss,
    double TestAccuracy,
    double TestLoss,
    double ImagesPerSecond,
    double StepMillisecondsMedian,
    double OverheadShare,
    string WeightsSha256,
    int Recoveries,
    long RedoneSteps,
    long SkippedSteps,
    long ReplayChecks,
    double? ValidationAccuracy = null,
    double? ValidationLoss = null,
    OutcomeMeasures? TestMeasures = null,
    OutcomeMeasures? ValidationMeasures = null)
{
    /// <param name="figures">What the leader knows of the run.</param>
    /// <param name="weightsSha256">SHA-256 of the final weights.</param>
    /// <param name="recoveries">How often a rank went on elsewhere, or the servers from a checkpoint.</param>
    /// <param name="redoneSteps">Steps done again because of the latter.</param>
    internal static JobOutcome Of(JobResult figures, string weightsSha256, int recoveries, long redoneSteps) => new(
        figures.Steps,
        figures.Epochs,
        figures.TrainLoss,
        figures.TestAccuracy,
        figures.TestLoss,
        figures.ImagesPerSecond,
        figures.StepMillisecondsMedian,
        figures.OverheadShare,
        weightsSha256,
        recoveries,
        redoneSteps,
        figures.SkippedSteps,
        figures.ReplayChecks,
        figures.HasValidationAccuracy ? figures.ValidationAccuracy : null,
        figures.HasValidationLoss ? figures.ValidationLoss : null,
        OutcomeMeasures.Of(figures.TestMeasures),
        OutcomeMeasures.Of(figures.ValidationMeasures));

    internal JobResult ToMessage()
    {
        var result = new JobResult
        {
            Steps = Steps,
            Epochs = Epochs,
            TrainLoss = TrainLoss,
            TestAccuracy = TestAccuracy,
            TestLoss = TestLoss,
            ImagesPerSecond = ImagesPerSecond,
            StepMillisecondsMedian = StepMillisecondsMedian,
            OverheadShare = OverheadShare,
            WeightsSha256 = WeightsSha256,
            Recoveries = Recoveries,
            RedoneSteps = RedoneSteps,
            SkippedSteps = SkippedSteps,
            ReplayChecks = ReplayChecks,
            TestMeasures = TestMeasures?.ToMessage(),
            ValidationMeasures = ValidationMeasures?.ToMessage(),
        };
        if (ValidationAccuracy is { } accuracy)
            result.ValidationAccuracy = accuracy;
        if (ValidationLoss is { } loss)
            result.ValidationLoss = loss;
        return result;
    }
}
