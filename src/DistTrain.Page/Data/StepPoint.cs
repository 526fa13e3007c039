using DistTrain.Protocol;

namespace DistTrain.Page.Data;

/// <summary>A step as its line of the history tells it, and where it stands on the axes that no line has.</summary>
/// <param name="Metrics">The line.</param>
/// <param name="Seen">Examples that training has taken up to its end, over all ranks.</param>
/// <param name="Seconds">Time that training has taken up to its end: the sum of the steps' milliseconds, evaluations left out.</param>
internal sealed record StepPoint(StepMetrics Metrics, long Seen, double Seconds)
{
    /// <summary>Means over a step's examples; what its task does not tell is null.</summary>
    public static readonly IReadOnlyList<Func<StepPoint, double?>> Told = [p => p.Metrics.Loss, p => p.Task.Accuracy, p => p.Task.R2, p => p.Task.Mae, p => p.Task.TopAccuracy];

    /// <summary>What is drawn: of each, a bucket keeps the lowest and the highest step.</summary>
    public static readonly IReadOnlyList<Func<StepPoint, double?>> Series =
    [
        .. Told,
        p => p.Metrics.LearningRate,
        p => p.Metrics.Examples,
        p => p.Metrics.Milliseconds,
        p => p.ImagesPerSecond,
        p => p.Metrics.HasGradientNorm ? p.Metrics.GradientNorm : null,
        p => p.Scale,
        p => p.Metrics.HasLambdaMax ? p.Metrics.LambdaMax : null,
    ];

    /// <summary>How well its examples were told.</summary>
    public TaskPoint Task => TaskPoint.Of(Metrics.Accuracy, Metrics.Measures);

    /// <summary>Of this step alone; null where no time was measured.</summary>
    public double? ImagesPerSecond => Metrics.Milliseconds > 0 ? Metrics.Examples * 1000 / Metrics.Milliseconds : null;

    /// <summary>The noise scale; null where it is not known.</summary>
    public double? Scale => Metrics.Noise is { HasScale: true } noise ? noise.Scale : null;

    /// <summary>The critical batch; null with it.</summary>
    public long? CriticalBatch => Metrics.Noise is { HasScale: true } noise ? noise.CriticalBatch : null;
}
