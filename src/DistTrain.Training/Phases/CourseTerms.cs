using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Schedules;
using DistTrain.Recipes;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Phases;

/// <summary>What all phases of a job go by. Immutable.</summary>
internal sealed class CourseTerms
{
    /// <param name="spec">The job.</param>
    /// <param name="trainExamples">Size of the training set.</param>
    /// <param name="testExamples">Size of the test set.</param>
    public CourseTerms(TrainingSpec spec, int trainExamples, int testExamples)
    {
        (Spec, TrainExamples, TestExamples) = (spec, trainExamples, testExamples);
        Averaging = spec.AveragingPlan;
        Rates = JobRates.Curve(spec, trainExamples);
    }

    public TrainingSpec Spec { get; }

    public int TrainExamples { get; }

    public int TestExamples { get; }

    public AveragingPlan Averaging { get; }

    /// <summary>The rate of each step by the job's optimizer and schedule.</summary>
    public RateCurve Rates { get; }

    /// <summary>There is something to evaluate versions on.</summary>
    public bool HasEvaluation => TestExamples > 0 || Spec.Dataset.Validation is not null;

    /// <summary>The job's length is reached.</summary>
    public bool IsOver(long updates, Position position) =>
        Spec.Steps is { } steps ? updates >= steps : position.Epoch >= Spec.Epochs;

    /// <summary>The train accuracy of the epoch that ends at a place, where it is one with which training ends; null: it goes on.</summary>
    public double? Reached(Position position, Progress progress) =>
        position.Cursor == 0 && Spec.TrainAccuracy is { } wanted && progress.EpochCorrect / progress.EpochExamples is var accuracy && accuracy >= wanted ? accuracy : null;

    /// <summary>A version at the end of an epoch that the job asks an evaluation of.</summary>
    public bool IsEvaluated(Position position) =>
        HasEvaluation
        && position is { Cursor: 0, Epoch: > 0 }
        && Spec.Evaluation.EveryEpochs > 0
        && position.Epoch % Spec.Evaluation.EveryEpochs == 0;

    /// <summary>A step of all ranks by the job's batch and rates, whose share of the data is a gradient each.</summary>
    public OpenStep Step(long version, Position position, Progress progress)
    {
        var batch = Spec.BatchPlan.Following is not null && progress.Batch > 0 ? progress.Batch : Spec.BatchPlan.At(position.Epoch);
        var take = position.Take(batch, TrainExamples);
        var gain = Spec.Scaling.MeasuresGain ? progress.Noise.Gain(Spec.Workers) : 1;
        return new OpenStep(version, position, take, Evaluate: false, gain * Rates.RateAt(progress.Updates(version), position, take)) { Progress = progress };
    }
}
