using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Recipes;

/// <summary>The learning rates that a job asks for.</summary>
public static class JobRates
{
    /// <summary>The rate and the warm-up after batch scaling.</summary>
    public static ResolvedRate Resolve(TrainingSpec spec) =>
        spec.Scaling.For(spec.Batch).Resolve(spec.Optimizer.Options.Number("lr"), WarmUp.Of(spec.Schedule.Options));

    /// <summary>The rate of each step, warm-up and schedule included.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="trainExamples">Examples in the training set.</param>
    public static RateCurve Curve(TrainingSpec spec, int trainExamples)
    {
        var rate = Resolve(spec);
        var schedule = ScheduleCatalog.Create(spec.Schedule.Name, rate.In(spec.Schedule.Options));
        return spec.BatchPlan.CountsEpochs && spec.Epochs is { } epochs
            ? new RateCurve(schedule, rate.LearningRate, spec.BatchPlan.At, trainExamples, epochs)
            : new RateCurve(schedule, rate.LearningRate, spec.Batch, trainExamples, spec.Epochs, spec.Steps);
    }
}
