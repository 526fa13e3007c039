namespace DistTrain.Client;

/// <summary>
/// What is told of a job that is watched: a <see cref="JobSummary"/> when its state changes, <see cref="StepMetrics"/>,
/// <see cref="EvaluationMetrics"/>, <see cref="ValidationMetrics"/>, <see cref="ProbeMetrics"/> or a <see cref="LogLine"/>.
/// </summary>
public abstract record JobEvent
{
    private protected JobEvent()
    {
    }
}
