using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>An evaluation: a version's figures on a whole set.</summary>
public sealed record EvaluationPoint(long Step, double Epoch, double Loss, double Accuracy, int Examples)
{
    internal static EvaluationPoint Of(EvaluationMetrics metrics) => new(metrics.Step, metrics.Epoch, metrics.Loss, metrics.Accuracy, metrics.Examples);
}

/// <summary>A probe along an update.</summary>
/// <param name="Sharpness">Critical sharpness; null where its bracket is open.</param>
/// <param name="Edge">2 over the step's rate.</param>
public sealed record ProbePoint(long Step, double Epoch, double? Sharpness, double Low, double? High, double Edge)
{
    internal static ProbePoint Of(ProbeMetrics metrics) => new(
        metrics.Step,
        metrics.Epoch,
        metrics.HasCriticalSharpness ? metrics.CriticalSharpness : null,
        metrics.Low,
        metrics.HasHigh ? metrics.High : null,
        metrics.Edge);
}

/// <summary>A step that made no update.</summary>
public sealed record SkippedStep(long Step, string Why);

/// <summary>The step with which a generation begins: the servers went on from the one before it.</summary>
public sealed record GenerationStart(long Step, long Generation);
