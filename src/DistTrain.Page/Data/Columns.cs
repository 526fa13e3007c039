namespace DistTrain.Page.Data;

/// <summary>Steps by columns; each number is that of the step's line in the history. What not every step has is null where it is missing.</summary>
/// <param name="Step">Number of the version that the step made.</param>
/// <param name="Epoch">Epochs done after it.</param>
/// <param name="Seen">Examples that training has taken up to its end.</param>
/// <param name="Seconds">Time that training has taken up to its end, evaluations left out.</param>
/// <param name="Loss">Mean over its examples.</param>
/// <param name="Accuracy">Share of its examples, 0..1.</param>
/// <param name="LearningRate">Of its update.</param>
/// <param name="Examples">Over all ranks.</param>
/// <param name="Milliseconds">From commit to commit.</param>
/// <param name="ComputeMilliseconds">Forward and backward of the slowest rank.</param>
public sealed record StepColumns(
    IReadOnlyList<long> Step,
    IReadOnlyList<double> Epoch,
    IReadOnlyList<long> Seen,
    IReadOnlyList<double> Seconds,
    IReadOnlyList<double> Loss,
    IReadOnlyList<double> Accuracy,
    IReadOnlyList<double> LearningRate,
    IReadOnlyList<int> Examples,
    IReadOnlyList<double> Milliseconds,
    IReadOnlyList<double> ComputeMilliseconds)
{
    /// <summary>Norm of the averaged gradient; null where no step has one, as are those below.</summary>
    public IReadOnlyList<double?>? GradientNorm { get; init; }

    /// <summary>Noise scale, in examples.</summary>
    public IReadOnlyList<double?>? NoiseScale { get; init; }

    /// <summary>The batch that it predicts.</summary>
    public IReadOnlyList<long?>? CriticalBatch { get; init; }

    /// <summary>Of a probe: the largest eigenvalue.</summary>
    public IReadOnlyList<double?>? LambdaMax { get; init; }

    /// <summary>The smallest.</summary>
    public IReadOnlyList<double?>? LambdaMin { get; init; }

    internal static StepColumns Of(IReadOnlyList<StepPoint> points) => new(
        [.. points.Select(p => p.Metrics.Step)],
        [.. points.Select(p => p.Metrics.Epoch)],
        [.. points.Select(p => p.Seen)],
        [.. points.Select(p => p.Seconds)],
        [.. points.Select(p => p.Metrics.Loss)],
        [.. points.Select(p => p.Metrics.Accuracy)],
        [.. points.Select(p => p.Metrics.LearningRate)],
        [.. points.Select(p => p.Metrics.Examples)],
        [.. points.Select(p => p.Metrics.Milliseconds)],
        [.. points.Select(p => p.Metrics.ComputeMilliseconds)])
    {
        GradientNorm = Known<double>(points, p => p.Metrics.HasGradientNorm ? p.Metrics.GradientNorm : null),
        NoiseScale = Known<double>(points, p => p.Scale),
        CriticalBatch = Known<long>(points, p => p.CriticalBatch),
        LambdaMax = Known<double>(points, p => p.Metrics.HasLambdaMax ? p.Metrics.LambdaMax : null),
        LambdaMin = Known<double>(points, p => p.Metrics.HasLambdaMin ? p.Metrics.LambdaMin : null),
    };

    private static List<T?>? Known<T>(IReadOnlyList<StepPoint> points, Func<StepPoint, T?> value)
        where T : struct =>
        points.Any(p => value(p) is not null) ? [.. points.Select(value)] : null;
}

/// <summary>Means over buckets of steps, by columns, each at the bucket's last step: what smoothed lines go by where not every step is there.</summary>
public sealed record MeanColumns(
    IReadOnlyList<long> Step,
    IReadOnlyList<double> Epoch,
    IReadOnlyList<long> Seen,
    IReadOnlyList<double> Seconds,
    IReadOnlyList<double?> Loss,
    IReadOnlyList<double?> Accuracy,
    IReadOnlyList<double?> GradientNorm,
    IReadOnlyList<double?> ImagesPerSecond,
    IReadOnlyList<double> Milliseconds,
    IReadOnlyList<double> ComputeMilliseconds)
{
    internal static MeanColumns Of(IReadOnlyList<Means> buckets) => new(
        [.. buckets.Select(b => b.Last.Metrics.Step)],
        [.. buckets.Select(b => b.Last.Metrics.Epoch)],
        [.. buckets.Select(b => b.Last.Seen)],
        [.. buckets.Select(b => b.Last.Seconds)],
        [.. buckets.Select(b => b.Loss)],
        [.. buckets.Select(b => b.Accuracy)],
        [.. buckets.Select(b => b.GradientNorm)],
        [.. buckets.Select(b => b.ImagesPerSecond)],
        [.. buckets.Select(b => b.Milliseconds)],
        [.. buckets.Select(b => b.ComputeMilliseconds)]);
}
