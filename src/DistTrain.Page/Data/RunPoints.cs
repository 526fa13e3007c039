using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>An evaluation: a version's figures on a whole set; what its task does not tell is null (<see cref="TaskPoint"/>).</summary>
public sealed record EvaluationPoint(long Step, double Epoch, double Loss, double? Accuracy, double? R2, double? Mae, double? TopAccuracy, int Examples)
{
    internal static EvaluationPoint Of(EvaluationMetrics metrics)
    {
        var task = TaskPoint.Of(metrics.Accuracy, metrics.Measures);
        return new(metrics.Step, metrics.Epoch, metrics.Loss, task.Accuracy, task.R2, task.Mae, task.TopAccuracy, metrics.Examples);
    }
}

/// <summary>What a job measured of the landscape under way: along an update or the gradient of its step, or the curvature at a version.</summary>
/// <param name="Sharpness">Critical sharpness; null where its bracket is open, and of curvature.</param>
/// <param name="Edge">2 over the step's rate; null of curvature and smoothness.</param>
/// <param name="LambdaMax">The largest eigenvalue; null where it is not looked at.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="Smoothness">Effective β-smoothness; null where it is not looked at, as the next two.</param>
/// <param name="ChangeLow">The smallest change of the gradient along itself.</param>
/// <param name="ChangeHigh">The largest.</param>
public sealed record ProbePoint(
    long Step, double Epoch, double? Sharpness, double? Edge, double? LambdaMax, double? LambdaMin, double? Smoothness, double? ChangeLow, double? ChangeHigh)
{
    internal static ProbePoint Of(ProbeMetrics metrics) => new(
        metrics.Step,
        metrics.Epoch,
        metrics.HasCriticalSharpness ? metrics.CriticalSharpness : null,
        metrics is { Examples: 0, Edge: > 0 } ? metrics.Edge : null,
        metrics.HasLambdaMax ? metrics.LambdaMax : null,
        metrics.HasLambdaMin ? metrics.LambdaMin : null,
        metrics.Smoothness?.Beta,
        metrics.Smoothness?.ChangeLow,
        metrics.Smoothness?.ChangeHigh);
}

/// <summary>A step that made no update.</summary>
public sealed record SkippedStep(long Step, string Why);

/// <summary>The step with which a generation begins: the servers went on from the one before it.</summary>
public sealed record GenerationStart(long Step, long Generation);
