using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>The lines in which progress is told.</summary>
internal static class ProgressText
{
    private const string Between = "   ";

    /// <summary>E.g. "running: 400 steps, 2 workers".</summary>
    public static string State(JobSummary summary) =>
        summary is { State: JobState.Running, TotalSteps: > 0 }
            ? $"running: {Figures.Count(summary.TotalSteps)} steps, {summary.Workers} workers"
            : summary.State.Name();

    /// <summary>E.g. "test after step 200: accuracy 98.00 %, loss 0.07".</summary>
    public static string Evaluation(EvaluationMetrics evaluation) =>
        $"test after step {evaluation.Step}: {TaskText.All(evaluation.Accuracy, evaluation.Measures)}, loss {Figures.Number(evaluation.Loss)}";

    /// <summary>The same of what the job sets apart.</summary>
    public static string Validation(ValidationMetrics validation) =>
        $"validation after step {validation.Step}: {TaskText.All(validation.Accuracy, validation.Measures)}, loss {Figures.Number(validation.Loss)}";

    /// <summary>E.g. "along step 200: critical sharpness 31.2 (29.8 to 32.6), edge of stability 40".</summary>
    public static string Probe(ProbeMetrics probe) =>
        (probe.Examples == 0 ? Sharpness(probe) : probe.Passes > 0 ? Smoothness(probe) : Curvature(probe)) + $", edge of stability {Figures.Number(probe.Edge)}";

    private static string Sharpness(ProbeMetrics probe) => $"along step {probe.Step}: critical sharpness "
        + (probe.CriticalSharpness is { } sharpness ? $"{Figures.Number(sharpness)} ({Figures.Number(probe.Low)} to {Figures.Number(probe.High)})"
            : probe.High is { } high ? $"below {Figures.Number(high)}" : $"above {Figures.Number(probe.Low)}");

    /// <summary>E.g. "along the gradient of step 200: smoothness 12.5, loss 0.41 to 0.52, gradient changed by 0.08 to 0.51 of 0.63".</summary>
    private static string Smoothness(ProbeMetrics probe) => $"along the gradient of step {probe.Step}: smoothness "
        + (probe.Smoothness is { } found
            ? $"{Figures.Number(found.Beta)}, loss {Figures.Number(found.LossLow)} to {Figures.Number(found.LossHigh)}, "
                + $"gradient changed by {Figures.Number(found.ChangeLow)} to {Figures.Number(found.ChangeHigh)} of {Figures.Number(probe.GradientNorm)}"
            : "not finite");

    /// <summary>E.g. "after step 200: curvature −0.41 to 31.2 (residuals 0.02 and 0.001)".</summary>
    private static string Curvature(ProbeMetrics probe) => $"after step {probe.Step}: curvature "
        + (probe.LambdaMax is null
            ? "not finite"
            : $"{Figures.Number(probe.LambdaMin)} to {Figures.Number(probe.LambdaMax)} (residuals {Figures.Number(probe.LambdaMinResidual)} and {Figures.Number(probe.LambdaMaxResidual)})"
                + (probe.Positive is { } positive ? $", {Figures.Share(positive)} of it positive" : ""));

    /// <summary>All in one line.</summary>
    public static string Line(TrainingProgress progress) => string.Join("  ", [Steps(progress), .. Values(progress)]);

    /// <summary>E.g. "step 120/400".</summary>
    public static string Steps(TrainingProgress progress) =>
        progress.TotalSteps > 0 ? $"step {progress.Step}/{progress.TotalSteps}" : $"step {progress.Step}";

    /// <summary>E.g. "step 1,200: rank 3 moves"; null: nothing has happened.</summary>
    public static string? Happened(TrainingProgress progress) => progress.Happened is var (what, step) ? $"step {Figures.Count(step)}: {what}" : null;

    /// <summary>The values in as few lines as a width has room for, none of them torn.</summary>
    public static IReadOnlyList<string> Lines(TrainingProgress progress, int width)
    {
        List<string> lines = [];
        foreach (var value in Values(progress))
        {
            if (lines.Count > 0 && lines[^1].Length + Between.Length + value.Length <= width)
                lines[^1] += Between + value;
            else
                lines.Add(value);
        }

        return lines;
    }

    /// <summary>One short text per value.</summary>
    public static IReadOnlyList<string> Values(TrainingProgress progress) =>
    [
        $"epoch {Figures.Epoch(progress.Epoch)}",
        $"loss {Figures.Number(progress.Loss)}",
        $"train {TaskText.Value(progress.TrainAccuracy, progress.TrainMeasures)}",
        progress.ValidationAccuracy is { } accuracy
            ? $"validation {TaskText.Value(accuracy, progress.ValidationMeasures)}"
            : $"test {TaskText.Value(progress.TestAccuracy, progress.TestMeasures)}",
        $"{Figures.Count(progress.ImagesPerSecond)} examples/s",
        $"rate {Figures.Number(progress.LearningRate)}",
        .. progress.GradientNorm is { } norm ? [$"gradient {Figures.Number(norm)}"] : Array.Empty<string>(),
        .. progress.CriticalBatch is { } batch ? [$"critical batch {Figures.Count(batch)}"] : Array.Empty<string>(),
        $"{Figures.Duration(progress.Remaining)} left",
    ];
}
