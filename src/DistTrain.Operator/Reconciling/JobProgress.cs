using DistTrain.Operator.Resources;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;

namespace DistTrain.Operator.Reconciling;

/// <summary>What is known of a job that runs; replaced whole.</summary>
internal sealed record JobProgress : JobFigures
{
    public JobState State { get; init; }

    /// <summary>A probe's verdict in words, with what it rests on.</summary>
    public string? Found { get; init; }

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
        JobEvent.EventOneofCase.Step => this with
        {
            Step = next.Step.Step,
            Loss = Finite(next.Step.Loss),
            LambdaMax = next.Step.HasLambdaMax ? Finite(next.Step.LambdaMax) : LambdaMax,
            LambdaMin = next.Step.HasLambdaMin ? Finite(next.Step.LambdaMin) : LambdaMin,
        },
        JobEvent.EventOneofCase.Validation => this with { Accuracy = Share(next.Validation.Accuracy, next.Validation.Measures) },
        JobEvent.EventOneofCase.Evaluation => this with { Accuracy = Share(next.Evaluation.Accuracy, next.Evaluation.Measures) },
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
        return summary.Result switch
        {
            null => now,
            { Diagnosis: { } diagnosis } => now.With(diagnosis) with { WeightsSha256 = summary.Result.WeightsSha256 },
            { } result => now with { Loss = Finite(result.TrainLoss), Accuracy = Share(result.TestAccuracy, result.TestMeasures), WeightsSha256 = result.WeightsSha256 },
        };
    }

    private JobProgress With(Diagnosis diagnosis) => this with
    {
        Found = diagnosis.Reason,
        Verdict = diagnosis.Verdict,
        Loss = Finite(diagnosis.Loss),
        Accuracy = diagnosis.HasRSquared ? null : Finite(diagnosis.Accuracy),
        GradientNorm = Finite(diagnosis.GradientNorm),
        LambdaMax = Finite(diagnosis.LambdaMax),
        LambdaMin = Finite(diagnosis.LambdaMin),
        Positive = diagnosis.HasPositive ? Finite(diagnosis.Positive) : null,
        Negative = diagnosis.HasNegative ? Finite(diagnosis.Negative) : null,
        Trace = diagnosis.HasTrace ? Finite(diagnosis.Trace) : null,
        FindingsSha256 = diagnosis.Sha256,
    };

    /// <summary>Regression has none.</summary>
    private static double? Share(double accuracy, Measures? measures) => measures is { HasRSquared: true } ? null : Finite(accuracy);

    /// <summary>JSON has no other numbers.</summary>
    private static double? Finite(double number) => double.IsFinite(number) ? number : null;
}
