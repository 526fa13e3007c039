namespace DistTrain.Protocol;

public sealed partial class MetricsEvent
{
    /// <summary>Number of the version that the step made or that was evaluated.</summary>
    public long StepNumber => EventCase switch
    {
        EventOneofCase.Step => Step.Step,
        EventOneofCase.Evaluation => Evaluation.Step,
        EventOneofCase.Validation => Validation.Step,
        EventOneofCase.Probe => Probe.Step,
        EventOneofCase.Statistics => Statistics.Step,
        _ => 0,
    };

    /// <summary>It tells of a version that was evaluated, on either set.</summary>
    public bool IsEvaluation => EventCase is EventOneofCase.Evaluation or EventOneofCase.Validation;
}
