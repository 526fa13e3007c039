using System.Globalization;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Scaling;

/// <summary>The learning rate that the schedule multiplies and its warm-up, after batch scaling.</summary>
/// <param name="BaseRate">The optimizer's <c>lr</c>: the rate at the reference batch.</param>
/// <param name="Scaling">What was done to it.</param>
/// <param name="WarmUp">The warm-up of the job.</param>
public sealed record ResolvedRate(double BaseRate, BatchScaling Scaling, WarmUp WarmUp)
{
    /// <summary>What the rule multiplied the rate by.</summary>
    public double Factor => Scaling.Factor;

    /// <summary>The rate that the schedule multiplies.</summary>
    public double LearningRate => BaseRate * Factor;

    public double WarmupEpochs => WarmUp.Epochs;

    public double WarmupSteps => WarmUp.Steps;

    /// <summary>Factor of <see cref="LearningRate"/> where the warm-up starts.</summary>
    public double WarmupFrom => WarmUp.From;

    /// <summary>One line: "learning rate 0.4 = 0.05 * 8 (linear, batch 2048 / 256); warm-up 5 epochs from 0.05".</summary>
    public string Text => $"{RateText}; {WarmUpText}";

    private string RateText => Scaling.Rule == ScalingRules.None
        ? $"learning rate {Number(LearningRate)}"
        : $"learning rate {Number(LearningRate)} = {Number(BaseRate)} * {Number(Factor)} ({Scaling.Rule}, batch {Scaling.Batch} / {Scaling.ReferenceBatch})";

    private string WarmUpText => WarmUp.IsNone
        ? "no warm-up"
        : $"warm-up {Number(WarmUp.Length)} {(WarmUp.Unit == ScheduleUnit.Steps ? "steps" : "epochs")} from {Number(WarmupFrom * LearningRate)}";

    /// <summary>A schedule's options with the warm-up of the job in place of the one that was tuned at the reference batch.</summary>
    public OptionValues In(OptionValues schedule)
    {
        var resolved = schedule.With(WarmUp.EpochsKey, WarmupEpochs);
        return schedule.Has(WarmUp.FromKey) ? resolved.With(WarmUp.FromKey, WarmupFrom) : resolved;
    }

    private static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
