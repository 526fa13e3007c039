using Google.Protobuf;

namespace DistTrain.Protocol.TensorBoard;

/// <summary>
/// A run's history as TensorBoard reads it. Steps and evaluations are in it as often and in the order as in the history, which has each once.
/// </summary>
public static class EventFile
{
    /// <summary>TensorBoard takes every file with "tfevents" in its name; with one name a run has one such file, and no step twice.</summary>
    public const string Name = "events.out.tfevents.disttrain";

    private const string Version = "brain.Event:2";

    /// <param name="to">The file.</param>
    /// <param name="history">Of the whole run.</param>
    /// <param name="ended">When the last of it was recorded. The history has durations and no times of day, so the steps before are reckoned back from it.</param>
    public static void Write(Stream to, IReadOnlyList<MetricsEvent> history, DateTimeOffset ended)
    {
        ArgumentNullException.ThrowIfNull(history);
        var time = (ended.ToUnixTimeMilliseconds() - history.Sum(e => e.Step?.Milliseconds ?? 0)) / 1000;
        Write(to, new Event { WallTime = time, FileVersion = Version });
        foreach (var metrics in history)
        {
            time += (metrics.Step?.Milliseconds ?? 0) / 1000;
            if (SummaryOf(metrics) is { } summary)
                Write(to, new Event { WallTime = time, Step = metrics.StepNumber, Summary = summary });
        }
    }

    private static void Write(Stream to, Event e) => EventRecord.Write(to, e.ToByteArray());

    private static Summary? SummaryOf(MetricsEvent metrics) => metrics.EventCase switch
    {
        MetricsEvent.EventOneofCase.Step => Summary([
            ("train/loss", metrics.Step.Loss),
            .. Told("train", metrics.Step.Accuracy, metrics.Step.Measures),
            ("train/learning_rate", metrics.Step.LearningRate),
            ("train/images_per_second", metrics.Step.Milliseconds > 0 ? metrics.Step.Examples / metrics.Step.Milliseconds * 1000 : 0),
            ("train/gradient_norm", metrics.Step.HasGradientNorm ? metrics.Step.GradientNorm : null),
            ("train/noise_scale", metrics.Step.Noise is { HasScale: true } noise ? noise.Scale : null),
            ("train/critical_batch", metrics.Step.Noise is { HasScale: true } batch ? batch.CriticalBatch : null),
        ]),
        MetricsEvent.EventOneofCase.Evaluation => Summary([("test/loss", metrics.Evaluation.Loss), .. Told("test", metrics.Evaluation.Accuracy, metrics.Evaluation.Measures)]),
        MetricsEvent.EventOneofCase.Validation => Summary([("validation/loss", metrics.Validation.Loss), .. Told("validation", metrics.Validation.Accuracy, metrics.Validation.Measures)]),
        MetricsEvent.EventOneofCase.Probe => Summary(
            ("probe/critical_sharpness", metrics.Probe.HasCriticalSharpness ? metrics.Probe.CriticalSharpness : null),
            ("probe/lambda_max", metrics.Probe.HasLambdaMax ? metrics.Probe.LambdaMax : null),
            ("probe/lambda_min", metrics.Probe.HasLambdaMin ? metrics.Probe.LambdaMin : null),
            ("probe/beta_smoothness", metrics.Probe.Smoothness?.Beta),
            ("probe/positive_share", metrics.Probe.HasPositive ? metrics.Probe.Positive : null),
            ("probe/edge_of_stability", metrics.Probe.Edge)),
        _ => null,
    };

    private static (string Tag, double? Value)[] Told(string set, double accuracy, Measures? measures) =>
    [
        ($"{set}/accuracy", measures is { HasRSquared: true } ? null : accuracy),
        ($"{set}/r2", measures is { HasRSquared: true } ? measures.RSquared : null),
        ($"{set}/mae", measures is { HasAbsoluteError: true } ? measures.AbsoluteError : null),
        ($"{set}/top_accuracy", measures is { HasTopAccuracy: true } ? measures.TopAccuracy : null),
    ];

    /// <summary>What is not known has no value.</summary>
    private static Summary Summary(params (string Tag, double? Value)[] values) =>
        new() { Value = { values.Where(v => v.Value is not null).Select(v => new Summary.Types.Value { Tag = v.Tag, SimpleValue = (float)v.Value! }) } };
}
