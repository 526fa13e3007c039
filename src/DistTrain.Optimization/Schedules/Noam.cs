using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// Linear warm-up over W, then the inverse square root (Vaswani et al. 2017, 1706.03762, section 5.3), scaled so that the
/// base rate is the peak, at the warm-up's end:
/// <code>
/// f(t) = sqrt(W) * min((t + 1)^-0.5, (t + 1) * W^-1.5) = min(x^-0.5, x)   with x = (t + 1) / W
/// </code>
/// </summary>
public sealed class Noam : IScheduleDefinition
{
    public string Name => "noam";

    public string Summary => "Linear warm-up, then the inverse square root of time; does not depend on the job's length.";

    public string Source => "Vaswani et al. 2017 (1706.03762), section 5.3, scaled to peak at the base rate";

    public IReadOnlyList<Option> Options => WarmUp.LengthOptions;

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Own;

    public ISchedule Create(OptionValues options) => new Rule(WarmUp.Of(options));

    private sealed class Rule(WarmUp warmUp) : ISchedule
    {
        public double Factor(in ScheduleTime time)
        {
            var clock = time.In(warmUp.Unit);
            // Without a warm-up the first step is the peak.
            var x = (clock.Done + clock.Taken) / (warmUp.IsNone ? clock.Taken : warmUp.Length);
            return Math.Min(1 / Math.Sqrt(x), x);
        }
    }
}
