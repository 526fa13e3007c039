using DistTrain.Protocol;

namespace DistTrain.Cli.Reports;

/// <summary>What a client is told of a job as lines of its history, all but the ledger, which clients are not told.</summary>
internal static class LiveEvents
{
    /// <summary>Null for what is no line of it.</summary>
    public static MetricsEvent? Of(Client.JobEvent next) => next switch
    {
        Client.StepMetrics step => new MetricsEvent { Step = Step(step) },
        Client.EvaluationMetrics e => new MetricsEvent { Evaluation = Evaluated(e) },
        Client.ValidationMetrics v => new MetricsEvent { Validation = Evaluated(v) },
        Client.ProbeMetrics probe => new MetricsEvent { Probe = Probe(probe) },
        _ => null,
    };

    private static Protocol.StepMetrics Step(Client.StepMetrics step)
    {
        var metrics = new Protocol.StepMetrics
        {
            Step = step.Step,
            Epoch = step.Epoch,
            Loss = step.Loss,
            Accuracy = step.Accuracy,
            Measures = Told(step.Measures),
            LearningRate = step.LearningRate,
            Examples = step.Examples,
            Milliseconds = step.Milliseconds,
            ComputeMilliseconds = step.ComputeMilliseconds,
            Skipped = step.Skipped ?? "",
            ReplayCheck = step.ReplayCheck ?? "",
        };
        if (step.GradientNorm is { } norm)
            metrics.GradientNorm = norm;
        if (step is { LambdaMax: { } largest, LambdaMin: { } smallest })
            (metrics.LambdaMax, metrics.LambdaMin) = (largest, smallest);
        if (step.Noise is { } noise)
        {
            metrics.Noise = new NoiseMetrics { GradientSquare = noise.GradientSquare, Trace = noise.Trace };
            if (noise is { Scale: { } scale, CriticalBatch: { } batch })
                (metrics.Noise.Scale, metrics.Noise.CriticalBatch) = (scale, batch);
        }

        return metrics;
    }

    private static Protocol.EvaluationMetrics Evaluated(Client.SetMetrics set) =>
        new() { Step = set.Step, Epoch = set.Epoch, Loss = set.Loss, Accuracy = set.Accuracy, Examples = set.Examples, Measures = Told(set.Measures) };

    private static Measures? Told(Client.Measures? told)
    {
        if (told is null)
            return null;
        var measures = new Measures();
        if (told is { RSquared: { } squared, MeanAbsoluteError: { } error })
            (measures.RSquared, measures.AbsoluteError) = (squared, error);
        if (told.TopAccuracy is { } top)
            measures.TopAccuracy = top;
        return measures;
    }

    private static Protocol.ProbeMetrics Probe(Client.ProbeMetrics probe)
    {
        var metrics = new Protocol.ProbeMetrics { Step = probe.Step, Epoch = probe.Epoch, Low = probe.Low ?? 0, Edge = probe.Edge, Loss = probe.Loss, Passes = probe.Passes };
        if (probe.CriticalSharpness is { } sharpness)
            metrics.CriticalSharpness = sharpness;
        if (probe.High is { } high)
            metrics.High = high;
        if (probe is { LambdaMax: { } largest, LambdaMin: { } smallest })
            (metrics.LambdaMax, metrics.LambdaMin) = (largest, smallest);
        if (probe.Smoothness is { } found)
            metrics.Smoothness = new SmoothnessMetrics { Beta = found.Beta, LossLow = found.LossLow, LossHigh = found.LossHigh, ChangeLow = found.ChangeLow, ChangeHigh = found.ChangeHigh };
        return metrics;
    }
}
