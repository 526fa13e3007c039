namespace DistTrain.Client;

/// <summary>
/// What is told of a job that is watched: a <see cref="JobSummary"/> when its state changes, <see cref="StepMetrics"/>,
/// <see cref="EvaluationMetrics"/>, <see cref="ValidationMetrics"/>, <see cref="ProbeMetrics"/>, a <see cref="LogLine"/> or <see cref="RankTimings"/>.
/// </summary>
public abstract record JobEvent
{
    private protected JobEvent()
    {
    }
}
