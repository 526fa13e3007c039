using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>The lines in which progress is told.</summary>
internal static class ProgressText
{
    /// <summary>E.g. "running: 400 steps, 2 workers".</summary>
    public static string State(JobSummary summary) =>
        summary is { State: JobState.Running, TotalSteps: > 0 }
            ? $"running: {Figures.Count(summary.TotalSteps)} steps, {summary.Workers} workers"
            : summary.State.Name();

    /// <summary>E.g. "test after step 200: accuracy 98.00 %, loss 0.07".</summary>
    public static string Evaluation(EvaluationMetrics evaluation) =>
        $"test after step {evaluation.Step}: accuracy {Figures.Share(evaluation.Accuracy)}, loss {Figures.Number(evaluation.Loss)}";

    /// <summary>All in one line.</summary>
    public static string Line(TrainingProgress progress) => string.Join("  ", [Steps(progress), .. Values(progress)]);

    /// <summary>E.g. "step 120/400".</summary>
    public static string Steps(TrainingProgress progress) =>
        progress.TotalSteps > 0 ? $"step {progress.Step}/{progress.TotalSteps}" : $"step {progress.Step}";

    /// <summary>One short text per value.</summary>
    public static IReadOnlyList<string> Values(TrainingProgress progress) =>
    [
        $"epoch {Figures.Epoch(progress.Epoch)}",
        $"loss {Figures.Number(progress.Loss)}",
        $"train {Figures.Share(progress.TrainAccuracy)}",
        $"test {Figures.Share(progress.TestAccuracy)}",
        $"{Figures.Count(progress.ImagesPerSecond)} images/s",
        $"rate {Figures.Number(progress.LearningRate)}",
        $"{Figures.Duration(progress.Remaining)} left",
    ];
}
