namespace DistTrain.Protocol.Clients;

/// <summary>
/// What a client has seen of a job, so that nothing is shown twice when it attaches again: a new attempt starts with the
/// state, and steps that the cluster redoes after a recovery have the same numbers as before (and the same bits).
/// </summary>
public sealed class WatchPosition(long fromStep)
{
    private JobState _state;
    private long _totalSteps;
    private string _waits = string.Empty;
    private long _lastEvaluation = -1;
    private long _lastValidation = -1;
    private long _lastProbe = -1;
    private LogLine? _lastLog;

    /// <summary>First step not seen yet.</summary>
    public long NextStep { get; private set; } = fromStep;

    /// <summary>The last state of the job, or null.</summary>
    public JobSummary? Summary { get; private set; }

    /// <summary>True when the job has ended.</summary>
    public bool Ended => Summary?.State.HasEnded() is true;

    /// <summary>Takes an event.</summary>
    /// <returns>True when it is news.</returns>
    public bool Accept(JobEvent next)
    {
        ArgumentNullException.ThrowIfNull(next);
        switch (next.EventCase)
        {
            case JobEvent.EventOneofCase.Summary:
                Summary = next.Summary;
                var changed = (_state, _totalSteps, _waits) != (next.Summary.State, next.Summary.TotalSteps, next.Summary.Waits);
                (_state, _totalSteps, _waits) = (next.Summary.State, next.Summary.TotalSteps, next.Summary.Waits);
                return changed;
            case JobEvent.EventOneofCase.Step when next.Step.Step >= NextStep:
                NextStep = next.Step.Step + 1;
                return true;
            case JobEvent.EventOneofCase.Evaluation when next.Evaluation.Step > _lastEvaluation:
                _lastEvaluation = next.Evaluation.Step;
                return true;
            case JobEvent.EventOneofCase.Validation when next.Validation.Step > _lastValidation:
                _lastValidation = next.Validation.Step;
                return true;
            case JobEvent.EventOneofCase.Probe when next.Probe.Step > _lastProbe:
                _lastProbe = next.Probe.Step;
                return true;
            case JobEvent.EventOneofCase.Log when _lastLog is null || next.Log.Time > _lastLog.Time
                || (next.Log.Time == _lastLog.Time && next.Log.Text != _lastLog.Text):
                _lastLog = next.Log;
                return true;
            // As it is now: nothing of it is kept.
            case JobEvent.EventOneofCase.Ranks:
                return true;
            default:
                return false;
        }
    }
}
