using System.Text.Json.Serialization;
using DistTrain.Client;

namespace DistTrain.Cli.Output;

/// <summary>The job is done. Always the last line.</summary>
/// <param name="Job">Its id.</param>
/// <param name="Steps">Committed steps.</param>
/// <param name="Epochs">Epochs done, fractional.</param>
/// <param name="TrainLoss">Mean over the last epoch's examples.</param>
/// <param name="TestAccuracy">Share of the test set, 0..1; left out of regression.</param>
/// <param name="TestLoss">Mean over the test set.</param>
/// <param name="ImagesPerSecond">Training only: start-up and evaluation left out.</param>
/// <param name="StepMillisecondsMedian">From commit to commit.</param>
/// <param name="OverheadShare">Median share of a step that the slowest rank spends outside its forward and backward passes, 0..1.</param>
/// <param name="WeightsSha256">Of the final parameters and buffers as little-endian float32 in layout order.</param>
/// <param name="Seconds">Wall time of this command.</param>
/// <param name="Recoveries">How often a rank went on at another silo, or the servers from a checkpoint.</param>
/// <param name="RedoneSteps">Steps that were done again because of that.</param>
/// <param name="SkippedSteps">Steps that made no update because of their numbers.</param>
/// <param name="ReplayChecks">Steps in which two ranks computed the same gradient, with the same bits.</param>
/// <param name="Folder">The run's folder, absolute; left out when the files are on the cluster only.</param>
internal sealed record CompletedEvent(
    string Job,
    long Steps,
    double Epochs,
    double TrainLoss,
    double? TestAccuracy,
    double TestLoss,
    double ImagesPerSecond,
    double StepMillisecondsMedian,
    double OverheadShare,
    string WeightsSha256,
    double Seconds,
    int Recoveries,
    long RedoneSteps,
    long SkippedSteps,
    long ReplayChecks,
    string? Folder) : OutputEvent
{
    /// <summary>What the task tells of the test set beside the accuracy, or in its place.</summary>
    [JsonIgnore]
    public Measures? TestMeasures { get; init; }

    /// <summary>1 − Σe²/Σ(y − ȳ)² over the test set; left out but of regression.</summary>
    public double? TestR2 => TestMeasures?.RSquared;

    /// <summary>Mean |e|; left out with it.</summary>
    public double? TestMae => TestMeasures?.MeanAbsoluteError;

    /// <summary>Share of it whose class is among the topK highest scores; left out where the job has no topK.</summary>
    public double? TestTopAccuracy => TestMeasures?.TopAccuracy;

    /// <summary>Share of what the job sets apart of the training set, 0..1; left out where it sets nothing apart.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>As of the test set.</summary>
    [JsonIgnore]
    public Measures? ValidationMeasures { get; init; }

    /// <inheritdoc cref="TestR2"/>
    public double? ValidationR2 => ValidationMeasures?.RSquared;

    /// <inheritdoc cref="TestMae"/>
    public double? ValidationMae => ValidationMeasures?.MeanAbsoluteError;

    /// <inheritdoc cref="TestTopAccuracy"/>
    public double? ValidationTopAccuracy => ValidationMeasures?.TopAccuracy;

    /// <summary>Mean over it; left out with it.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>What a probe has found; left out of a job that trains.</summary>
    public Diagnosis? Diagnosis { get; init; }
}
