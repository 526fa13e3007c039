namespace DistTrain.Client.Calls;

/// <summary>Messages as they are given to callers: nothing there is null, not empty.</summary>
internal static class WireMapping
{
    public static JobEvent Of(Protocol.JobEvent next) => next.EventCase switch
    {
        Protocol.JobEvent.EventOneofCase.Summary => Of(next.Summary),
        Protocol.JobEvent.EventOneofCase.Step => Of(next.Step),
        Protocol.JobEvent.EventOneofCase.Evaluation => Of<EvaluationMetrics>(next.Evaluation),
        Protocol.JobEvent.EventOneofCase.Validation => Of<ValidationMetrics>(next.Validation),
        Protocol.JobEvent.EventOneofCase.Probe => Of(next.Probe),
        Protocol.JobEvent.EventOneofCase.Log => Of(next.Log),
        Protocol.JobEvent.EventOneofCase.Ranks => new RankTimings([.. next.Ranks.Ranks.Select(Of)], Said(next.Ranks.Hangs)),
        // WatchPosition passes over what a later version may tell.
        _ => throw new ArgumentException($"no event of a job: {next.EventCase}", nameof(next)),
    };

    public static JobSummary Of(Protocol.JobSummary job) => new()
    {
        JobId = job.JobId,
        Name = job.Name,
        State = Of(job.State),
        Step = job.Step,
        TotalSteps = job.TotalSteps,
        Workers = job.Workers,
        Error = Said(job.Error),
        Result = job.Result is { } result ? Of(result) : null,
        SubmittedAt = DateTimeOffset.FromUnixTimeMilliseconds(job.SubmittedAt),
        Waits = Said(job.Waits),
        Decision = Said(job.Decision),
    };

    private static LogLine Of(Protocol.LogLine line) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(line.Time), line.Text, Of(line.Kind)) { Step = line.Step, Redone = line.Redone };

    private static RankTiming Of(Protocol.RankTiming rank) => new(rank.Rank, Said(rank.Silo), rank.IsSlow)
    {
        Compute = rank.Compute,
        Push = rank.Push,
        Wait = rank.Wait,
        Update = rank.Update,
        Pull = rank.Pull,
    };

    private static JobState Of(Protocol.JobState state) => state switch
    {
        Protocol.JobState.Queued => JobState.Queued,
        Protocol.JobState.Running => JobState.Running,
        Protocol.JobState.Completed => JobState.Completed,
        Protocol.JobState.Failed => JobState.Failed,
        Protocol.JobState.Cancelled => JobState.Cancelled,
        _ => JobState.Unknown,
    };

    private static LogKind Of(Protocol.LogKind kind) => kind switch
    {
        Protocol.LogKind.Restored => LogKind.Restored,
        Protocol.LogKind.Moved => LogKind.Moved,
        Protocol.LogKind.Waits => LogKind.Waits,
        Protocol.LogKind.WaitOver => LogKind.WaitOver,
        Protocol.LogKind.Fault => LogKind.Fault,
        _ => LogKind.Note,
    };

    private static JobResult Of(Protocol.JobResult result) => new()
    {
        Steps = result.Steps,
        Epochs = result.Epochs,
        TrainLoss = result.TrainLoss,
        TestAccuracy = result.TestAccuracy,
        TestLoss = result.TestLoss,
        TestMeasures = Of(result.TestMeasures),
        ValidationMeasures = Of(result.ValidationMeasures),
        ValidationAccuracy = result.HasValidationAccuracy ? result.ValidationAccuracy : null,
        ValidationLoss = result.HasValidationLoss ? result.ValidationLoss : null,
        ImagesPerSecond = result.ImagesPerSecond,
        StepMillisecondsMedian = result.StepMillisecondsMedian,
        OverheadShare = result.OverheadShare,
        WeightsSha256 = result.WeightsSha256,
        Recoveries = result.Recoveries,
        RedoneSteps = result.RedoneSteps,
        SkippedSteps = result.SkippedSteps,
        ReplayChecks = result.ReplayChecks,
        Diagnosis = result.Diagnosis is { } diagnosis ? Of(diagnosis) : null,
    };

    private static Diagnosis Of(Protocol.Diagnosis diagnosis) => new()
    {
        Verdict = diagnosis.Verdict,
        Reason = diagnosis.Reason,
        Loss = diagnosis.Loss,
        Accuracy = diagnosis.Accuracy,
        RSquared = diagnosis.HasRSquared ? diagnosis.RSquared : null,
        GradientNorm = diagnosis.GradientNorm,
        LambdaMax = diagnosis.LambdaMax,
        LambdaMin = diagnosis.LambdaMin,
        Positive = diagnosis.HasPositive ? diagnosis.Positive : null,
        Negative = diagnosis.HasNegative ? diagnosis.Negative : null,
        Trace = diagnosis.HasTrace ? diagnosis.Trace : null,
        Sha256 = diagnosis.Sha256,
    };

    private static StepMetrics Of(Protocol.StepMetrics step) => new()
    {
        Step = step.Step,
        Epoch = step.Epoch,
        Loss = step.Loss,
        Accuracy = step.Accuracy,
        Measures = Of(step.Measures),
        LearningRate = step.LearningRate,
        Examples = step.Examples,
        Milliseconds = step.Milliseconds,
        ComputeMilliseconds = step.ComputeMilliseconds,
        Skipped = Said(step.Skipped),
        ReplayCheck = Said(step.ReplayCheck),
        LambdaMax = step.HasLambdaMax ? step.LambdaMax : null,
        LambdaMin = step.HasLambdaMin ? step.LambdaMin : null,
        GradientNorm = step.HasGradientNorm ? step.GradientNorm : null,
        Noise = step.Noise is { } noise ? Of(noise) : null,
    };

    private static GradientNoise Of(Protocol.NoiseMetrics noise) =>
        new(noise.GradientSquare, noise.Trace, noise.HasScale ? noise.Scale : null, noise.HasScale ? noise.CriticalBatch : null);

    private static T Of<T>(Protocol.EvaluationMetrics measured)
        where T : SetMetrics, new() => new()
        {
            Step = measured.Step,
            Epoch = measured.Epoch,
            Loss = measured.Loss,
            Accuracy = measured.Accuracy,
            Measures = Of(measured.Measures),
            Examples = measured.Examples,
        };

    private static Measures? Of(Protocol.Measures? told) => told is null ? null : new()
    {
        RSquared = told.HasRSquared ? told.RSquared : null,
        MeanAbsoluteError = told.HasAbsoluteError ? told.AbsoluteError : null,
        TopAccuracy = told.HasTopAccuracy ? told.TopAccuracy : null,
    };

    private static ProbeMetrics Of(Protocol.ProbeMetrics probe) => new()
    {
        Step = probe.Step,
        Epoch = probe.Epoch,
        CriticalSharpness = probe.HasCriticalSharpness ? probe.CriticalSharpness : null,
        Low = probe is { Passes: > 0, Examples: 0 } ? probe.Low : null,
        High = probe.HasHigh ? probe.High : null,
        Edge = probe.Edge,
        Loss = probe.Loss,
        Passes = probe.Passes,
        LambdaMax = probe.HasLambdaMax ? probe.LambdaMax : null,
        LambdaMin = probe.HasLambdaMin ? probe.LambdaMin : null,
        LambdaMaxResidual = probe.HasLambdaMax ? probe.LambdaMaxResidual : null,
        LambdaMinResidual = probe.HasLambdaMin ? probe.LambdaMinResidual : null,
        GradientNorm = probe.HasGradientNorm ? probe.GradientNorm : null,
        Positive = probe.HasPositive ? probe.Positive : null,
        Negative = probe.HasNegative ? probe.Negative : null,
        Products = probe.Products,
        Examples = probe.Examples,
        Smoothness = probe.Smoothness is { } s ? new SmoothnessMetrics(s.Beta, s.LossLow, s.LossHigh, s.ChangeLow, s.ChangeHigh) : null,
    };

    private static string? Said(string text) => text.Length == 0 ? null : text;
}
