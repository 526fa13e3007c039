using DistTrain.Observability;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>What is told of a step: its figures from what its ranks said, added in rank-tree order, and which examples it took.</summary>
internal static class StepFigures
{
    /// <param name="step">The step.</param>
    /// <param name="plan">Of its partition.</param>
    /// <param name="ranks">What each rank said.</param>
    /// <param name="elapsed">Milliseconds since the step before closed, evaluation included.</param>
    public static StepMetrics Of(OpenStep step, PartitionPlan plan, IReadOnlyList<Contribution> ranks, double elapsed)
    {
        var examples = ranks.Sum(r => r.Examples);
        var told = TaskFigures.Of(plan.Job.Spec.Dataset, ranks.Sum(r => r.Correct) / examples, ranks.Sum(r => r.Beside) / examples);
        return new StepMetrics
        {
            Step = step.Version + 1,
            Epoch = plan.Course.EpochsAt(plan.Probe is null ? step.Position.Advance(step.Take, plan.TrainExamples) : step.Position),
            Loss = plan.Tree.Sum([.. ranks.Select(r => r.LossSum)]) / examples,
            Accuracy = told.Accuracy,
            Measures = told.Measures,
            LearningRate = step.Rate,
            Examples = examples,
            Milliseconds = Math.Max(0, elapsed - ranks.Max(r => r.EvaluationMilliseconds)),
            ComputeMilliseconds = ranks.Max(r => r.ComputeMilliseconds),
        };
    }

    /// <summary>Which examples a step took. Where ranks train alone, they differ in their order only: the group is the rank.</summary>
    public static LedgerEntry EntryOf(OpenStep step, PartitionPlan plan, IReadOnlyList<Contribution> ranks) => new()
    {
        Generation = plan.Generation,
        Phase = step.Position.Phase,
        Epoch = step.Position.Epoch,
        Cursor = step.Position.Cursor,
        Take = step.Take,
        Sharing = step.Sharing,
        Digests = { ranks.Select(r => r.ExamplesDigest) },
    };

    /// <summary>Counts the step where monitoring looks.</summary>
    public static void Count(StepMetrics step, KeyValuePair<string, object?> job)
    {
        TrainingMeter.Steps.Add(1, job);
        if (step.Skipped.Length > 0)
            TrainingMeter.SkippedSteps.Add(1, job);
        TrainingMeter.Examples.Add(step.Examples, job);
        TrainingMeter.StepDuration.Record(step.Milliseconds / 1000, job);
        TrainingMeter.ComputeDuration.Record(step.ComputeMilliseconds / 1000, job);
        TrainingMeter.Loss.Record(step.Loss, job);
        TrainingMeter.LearningRate.Record(step.LearningRate, job);
    }

    /// <summary>Shows the step's gauges there.</summary>
    public static void Show(StepMetrics step, KeyValuePair<string, object?> job)
    {
        TrainingMeter.GradientNorm.Record(step.GradientNorm, job);
        if (step.Noise is { HasScale: true } noise)
        {
            TrainingMeter.NoiseScale.Record(noise.Scale, job);
            TrainingMeter.CriticalBatch.Record(noise.CriticalBatch, job);
        }
    }
}
