using DistTrain.Protocol;
using DistTrain.Protocol.Clients;

namespace DistTrain.Operator.Reconciling;

/// <summary>What is known of a job that runs; replaced whole.</summary>
internal sealed record JobProgress
{
    public JobState State { get; init; }

    public long? Step { get; init; }

    public long? TotalSteps { get; init; }

    public double? Loss { get; init; }

    public double? Accuracy { get; init; }

    public string? WeightsSha256 { get; init; }

    /// <summary>What the job waits for; empty: nothing.</summary>
    public string Waits { get; init; } = "";

    /// <summary>Why the job failed.</summary>
    public string Error { get; init; } = "";

    /// <summary>Why nothing newer is known; null while the job is followed.</summary>
    public ClusterAnswer? Trouble { get; init; }

    /// <summary>The cluster has no record of the job.</summary>
    public bool IsLost { get; init; }

    public bool HasEnded => State.HasEnded();

    /// <summary>With what an event tells.</summary>
    public JobProgress After(JobEvent next) => next.EventCase switch
    {
        JobEvent.EventOneofCase.Summary => After(next.Summary),
        JobEvent.EventOneofCase.Step => this with { Step = next.Step.Step, Loss = Finite(next.Step.Loss) },
        JobEvent.EventOneofCase.Validation => this with { Accuracy = Finite(next.Validation.Accuracy) },
        JobEvent.EventOneofCase.Evaluation => this with { Accuracy = Finite(next.Evaluation.Accuracy) },
        _ => this,
    };

    private JobProgress After(JobSummary summary)
    {
        var now = this with
        {
            State = summary.State,
            Step = summary.Step,
            TotalSteps = summary.TotalSteps > 0 ? summary.TotalSteps : TotalSteps,
            Error = summary.Error,
            Waits = summary.Waits,
        };
        return summary.Result is not { } result ? now : now with
        {
            Loss = Finite(result.TrainLoss),
            Accuracy = Finite(result.TestAccuracy),
            WeightsSha256 = result.WeightsSha256,
        };
    }

    /// <summary>JSON has no other numbers.</summary>
    private static double? Finite(double number) => double.IsFinite(number) ? number : null;
}
