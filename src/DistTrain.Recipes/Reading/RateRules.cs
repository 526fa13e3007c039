using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>
/// The rules that tie schedule, scaling and length together. A part that is null has a problem of its own and takes no part.
/// </summary>
/// <param name="keys">Where the keys stand.</param>
/// <param name="findings">Receives problems and warnings.</param>
internal sealed class RateRules(KeyReader keys, Findings findings)
{
    /// <summary>From this factor on, linear scaling diverges early without a warm-up (1706.02677, section 2.2: k is 32 there).</summary>
    private const double RiskyFactor = 8;

    /// <param name="schedule">The schedule.</param>
    /// <param name="scaling">The scaling.</param>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="batch">Examples in a step.</param>
    /// <param name="epochs">Length in epochs.</param>
    /// <param name="steps">Length in steps.</param>
    /// <param name="trainExamples">Size of the training set where the job file says it and the batch stays the same; else null.</param>
    public void Check(PolicyRecipe? schedule, ScalingRecipe? scaling, PolicyRecipe? optimizer, int? batch, int? epochs, long? steps, int? trainExamples)
    {
        if (schedule is null || !HasOneWarmUp(schedule))
            return;
        var length = new LengthAtReading(epochs, steps, batch, trainExamples);
        var warmUp = WarmUp.Of(schedule.Options);
        CheckMilestones(schedule, length);
        if (scaling is not null)
            CheckScaling(Definition(schedule), warmUp, scaling, optimizer, batch);
        if (scaling is not null && batch is not null)
            warmUp = scaling.For(batch.Value).Resolve(baseRate: 1, warmUp).WarmUp;
        if (length.In(warmUp.Unit) is { } total && ScheduleCheck.Problem(warmUp, scaling?.Rule ?? ScalingRules.None, total) is { } problem)
            Refuse(OptionPath(warmUp.Unit == ScheduleUnit.Steps ? WarmUp.StepsKey : WarmUp.EpochsKey), problem);
    }

    private bool HasOneWarmUp(PolicyRecipe schedule)
    {
        var (epochs, steps) = (schedule.Options.Number(WarmUp.EpochsKey), schedule.Options.Number(WarmUp.StepsKey));
        if (epochs > 0 && steps > 0)
            Refuse(OptionPath(WarmUp.StepsKey), $"{WarmUp.EpochsKey} and {WarmUp.StepsKey} both say how long the warm-up is; keep one");
        else if (Definition(schedule).WarmUpPlace == WarmUpPlace.Own && epochs <= 0 && steps <= 0)
            Refuse(OptionPath(WarmUp.EpochsKey), $"is missing; {schedule.Name} falls from the end of its warm-up on: give {WarmUp.EpochsKey} or {WarmUp.StepsKey}");
        else
            return true;
        return false;
    }

    private void CheckScaling(IScheduleDefinition schedule, WarmUp warmUp, ScalingRecipe scaling, PolicyRecipe? optimizer, int? batch)
    {
        var fromReference = scaling.WarmupFrom == WarmupStarts.Reference;
        if (scaling.Rule == ScalingRules.Legw && warmUp.IsNone)
            Refuse(JobKeys.ScalingRule.Path, $"legw scales the warm-up with the batch, and there is none; give schedule.{WarmUp.EpochsKey}");
        if (fromReference && warmUp.From > 0)
            Refuse(JobKeys.ScalingWarmupFrom.Path, $"schedule.{WarmUp.FromKey} says where the warm-up starts as well; keep one");
        else if (fromReference && NoEffect(schedule, warmUp, scaling) is { } reason)
            Warn(JobKeys.ScalingWarmupFrom.Path, $"reference has no effect: {reason}");

        // One cycle rises from a low rate by itself, and the RMSprop warm-up gives momentum a small share of the first steps.
        var ratio = (double)(batch ?? 0) / scaling.ReferenceBatch;
        var rises = !warmUp.IsNone || schedule.Rises || (optimizer is not null && OptimizerCatalog.Find(optimizer.Name)!.WarmsUp);
        if (scaling.Rule == ScalingRules.Linear && ratio >= RiskyFactor && !rises)
            Warn(JobKeys.ScalingRule.Path, $"{ratio:0.##} times the rate without a warm-up is likely to diverge in the first epochs (1706.02677); give schedule.{WarmUp.EpochsKey}");
    }

    /// <summary>Why a warm-up cannot start at the reference rate, or null.</summary>
    private static string? NoEffect(IScheduleDefinition schedule, WarmUp warmUp, ScalingRecipe scaling) => scaling switch
    {
        { Rule: ScalingRules.None } => "the rate is not scaled",
        { MeasuresGain: true } => $"{scaling.Rule} measures its factor, which begins near 1",
        _ when schedule.WarmUpPlace == WarmUpPlace.Own => $"{schedule.Name}'s warm-up starts at zero",
        _ when warmUp.IsNone => "there is no warm-up",
        _ => null,
    };

    private void CheckMilestones(PolicyRecipe schedule, LengthAtReading length)
    {
        if (!schedule.Options.Has(ScheduleUnits.Key) || length.In(ScheduleUnits.Of(schedule.Options)) is not { } total)
            return;
        if (Definition(schedule).Changes(schedule.Options) is not var (option, changes))
            return;
        if (changes.Where(change => change >= total).ToList() is { Count: > 0 } late)
            Warn(OptionPath(option), $"{string.Join(", ", late)} lies behind the end of the job ({ScheduleUnits.Of(schedule.Options).Text(Math.Round(total, 2))}) and has no effect");
    }

    private static IScheduleDefinition Definition(PolicyRecipe schedule) => ScheduleCatalog.Find(schedule.Name)!;

    private static string OptionPath(string option) => $"{JobKeys.Schedule.Path}.{option}";

    private void Refuse(string path, string rule) => findings.Add(keys.OriginOf(path), path, rule);

    private void Warn(string path, string rule) => findings.Warn(keys.OriginOf(path), path, rule);

    /// <summary>The job's length as far as the job file says it.</summary>
    private readonly record struct LengthAtReading(int? Epochs, long? Steps, int? Batch, int? TrainExamples)
    {
        /// <summary>The length in <paramref name="unit"/>; null when that takes the data to know.</summary>
        public double? In(ScheduleUnit unit)
        {
            if (Batch is { } batch && TrainExamples is { } examples && (Epochs ?? Steps) is not null)
            {
                var length = JobLength.Of(Epochs, Steps, batch, examples);
                return unit == ScheduleUnit.Steps ? length.Steps : length.Epochs;
            }

            return unit == ScheduleUnit.Steps ? Steps : Epochs;
        }
    }
}
