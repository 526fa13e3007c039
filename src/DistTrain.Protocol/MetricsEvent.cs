namespace DistTrain.Protocol;

public sealed partial class MetricsEvent
{
    /// <summary>Number of the version that the step made or that was evaluated.</summary>
    public long StepNumber => EventCase switch
    {
        EventOneofCase.Step => Step.Step,
        EventOneofCase.Evaluation => Evaluation.Step,
        EventOneofCase.Statistics => Statistics.Step,
        _ => 0,
    };
}
