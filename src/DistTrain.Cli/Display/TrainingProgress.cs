using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>Where a job stands, smoothed for the eye: about the last twenty steps count.</summary>
internal sealed class TrainingProgress
{
    private const double Decay = 0.95;

    private readonly DecayingMean _loss = new(Decay);
    private readonly DecayingMean _accuracy = new(Decay);
    private readonly DecayingMean _squared = new(Decay);
    private readonly DecayingMean _examples = new(Decay);
    private readonly DecayingMean _milliseconds = new(Decay);

    public JobState State { get; private set; } = JobState.Unknown;

    public int Workers { get; private set; }

    public long Step { get; private set; }

    /// <summary>What the job has come to wait for; null: nothing.</summary>
    public string? Waits { get; private set; }

    /// <summary>What has happened last that somebody may look up for, and the step that was seen then; null: nothing.</summary>
    public (string What, long Step)? Happened { get; private set; }

    /// <summary>0 while unknown.</summary>
    public long TotalSteps { get; private set; }

    /// <summary>Epochs done, fractional.</summary>
    public double Epoch { get; private set; }

    /// <summary>Training loss, or null before the first step.</summary>
    public double? Loss => _loss.Value;

    /// <summary>Training accuracy, 0..1.</summary>
    public double? TrainAccuracy => _accuracy.Value;

    /// <summary>R² over the steps in its place, of regression; null of other tasks.</summary>
    public Measures? TrainMeasures => _squared.Value is { } squared ? new Measures { RSquared = squared } : null;

    /// <summary>Of the last evaluation, 0..1.</summary>
    public double? TestAccuracy { get; private set; }

    /// <summary>What is told beside it.</summary>
    public Measures? TestMeasures { get; private set; }

    /// <summary>Of the last evaluation on what the job sets apart, 0..1; null where it sets nothing apart.</summary>
    public double? ValidationAccuracy { get; private set; }

    /// <summary>What is told beside it.</summary>
    public Measures? ValidationMeasures { get; private set; }

    public double? LearningRate { get; private set; }

    /// <summary>Of the last step's averaged gradient; null where it has none.</summary>
    public double? GradientNorm { get; private set; }

    /// <summary>The critical batch that the gradients' noise predicts, smoothed already; null while it is not known.</summary>
    public long? CriticalBatch { get; private set; }

    /// <summary>Training only.</summary>
    public double? ImagesPerSecond => _milliseconds.Value is > 0 and var ms ? _examples.Value / ms * 1000 : null;

    /// <summary>Time to the last step at the present pace, evaluations left out; null while unknown, and while the job waits.</summary>
    public TimeSpan? Remaining => Waits is null && TotalSteps > 0 && _milliseconds.Value is { } ms
        ? TimeSpan.FromMilliseconds(Math.Max(0, TotalSteps - Step) * ms)
        : null;

    /// <summary>Takes the next event of the job.</summary>
    public void Apply(JobEvent next)
    {
        switch (next)
        {
            case JobSummary summary:
                State = summary.State;
                Waits = summary.Waits;
                Workers = summary.Workers;
                TotalSteps = summary.TotalSteps;
                Step = Math.Max(Step, summary.Step);
                break;
            case StepMetrics step:
                Apply(step);
                break;
            case EvaluationMetrics evaluation:
                (TestAccuracy, TestMeasures) = (evaluation.Accuracy, evaluation.Measures);
                break;
            case ValidationMetrics validation:
                (ValidationAccuracy, ValidationMeasures) = (validation.Accuracy, validation.Measures);
                break;
            case LogLine line:
                Happened = Happening.Of(line) is { } what ? (what, Step) : Happened;
                break;
            default:
                break;
        }
    }

    private void Apply(StepMetrics step)
    {
        Step = Math.Max(Step, step.Step);
        Epoch = step.Epoch;
        LearningRate = step.LearningRate;
        GradientNorm = step.GradientNorm;
        CriticalBatch = step.Noise?.CriticalBatch ?? CriticalBatch;
        _examples.Add(step.Examples);
        _milliseconds.Add(step.Milliseconds);
        // The loss of a skipped step may be no number, and one such would be all of the mean.
        if (step.Skipped is not null)
            return;
        _loss.Add(step.Loss, step.Examples);
        _accuracy.Add(step.Accuracy, step.Examples);
        if (step.Measures?.RSquared is { } squared)
            _squared.Add(squared, step.Examples);
    }
}
