using DistTrain.Optimization.Order;
using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Recipes;

/// <summary>Whether the warm-up fits into the job; known for sure only with the size of the training set.</summary>
public static class ScheduleCheck
{
    /// <summary>What is wrong with the schedule of a job on that many examples, or null.</summary>
    public static string? Problem(TrainingSpec spec, int trainExamples)
    {
        var warmUp = JobRates.Resolve(spec).WarmUp;
        var length = JobLength.Of(spec.Epochs, spec.Steps, spec.Batch, trainExamples);
        return Problem(warmUp, spec.Scaling.Rule, warmUp.Unit == ScheduleUnit.Steps ? length.Steps : length.Epochs);
    }

    /// <param name="warmUp">The warm-up after scaling.</param>
    /// <param name="rule">The scaling rule.</param>
    /// <param name="length">The job's length in the warm-up's unit.</param>
    internal static string? Problem(WarmUp warmUp, string rule, double length)
    {
        if (warmUp.Length <= length)
            return null;
        var unit = warmUp.Unit == ScheduleUnit.Steps ? "steps" : "epochs";
        var scaled = rule == ScalingRules.Legw && warmUp.Unit == ScheduleUnit.Epochs ? " after legw" : "";
        return $"a warm-up of {warmUp.Length} {unit}{scaled} is longer than the job of {length} {unit}; shorten it, or make the job longer";
    }
}
