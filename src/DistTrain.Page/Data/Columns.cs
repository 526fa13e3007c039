namespace DistTrain.Page.Data;

/// <summary>Steps by columns; each number is that of the step's line in the history. What not every step has is null where it is missing.</summary>
/// <param name="Step">Number of the version that the step made.</param>
/// <param name="Epoch">Epochs done after it.</param>
/// <param name="Seen">Examples that training has taken up to its end.</param>
/// <param name="Seconds">Time that training has taken up to its end, evaluations left out.</param>
/// <param name="Loss">Mean over its examples.</param>
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
    IReadOnlyList<double> LearningRate,
    IReadOnlyList<int> Examples,
    IReadOnlyList<double> Milliseconds,
    IReadOnlyList<double> ComputeMilliseconds)
{
    /// <summary>Share of its examples, 0..1; null where no step has one, as are those below.</summary>
    public IReadOnlyList<double?>? Accuracy { get; init; }

    /// <summary>1 − Σe²/Σ(y − ȳ)² over its examples, ȳ being the training set's mean.</summary>
    public IReadOnlyList<double?>? R2 { get; init; }

    /// <summary>Mean |e| over them.</summary>
    public IReadOnlyList<double?>? Mae { get; init; }

    /// <summary>Share of them whose class is among the highest scores.</summary>
    public IReadOnlyList<double?>? TopAccuracy { get; init; }

    /// <summary>Norm of the averaged gradient.</summary>
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
        [.. points.Select(p => p.Metrics.LearningRate)],
        [.. points.Select(p => p.Metrics.Examples)],
        [.. points.Select(p => p.Metrics.Milliseconds)],
        [.. points.Select(p => p.Metrics.ComputeMilliseconds)])
    {
        Accuracy = Known<double>(points, p => p.Task.Accuracy),
        R2 = Known<double>(points, p => p.Task.R2),
        Mae = Known<double>(points, p => p.Task.Mae),
        TopAccuracy = Known<double>(points, p => p.Task.TopAccuracy),
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
    IReadOnlyList<double?>? Accuracy,
    IReadOnlyList<double?>? R2,
    IReadOnlyList<double?>? Mae,
    IReadOnlyList<double?>? TopAccuracy,
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
        Known(buckets, b => b.Accuracy),
        Known(buckets, b => b.R2),
        Known(buckets, b => b.Mae),
        Known(buckets, b => b.TopAccuracy),
        [.. buckets.Select(b => b.GradientNorm)],
        [.. buckets.Select(b => b.ImagesPerSecond)],
        [.. buckets.Select(b => b.Milliseconds)],
        [.. buckets.Select(b => b.ComputeMilliseconds)]);

    private static List<double?>? Known(IReadOnlyList<Means> buckets, Func<Means, double?> value) =>
        buckets.Any(b => value(b) is not null) ? [.. buckets.Select(value)] : null;
}
