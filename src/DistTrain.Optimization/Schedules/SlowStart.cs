using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// The slow start of Akiba et al. 2017 (1711.04325), its 90 epochs stretched or shrunk to the job's length:
/// <code>
/// share of the job done   below 40/90   below 70/90   below 85/90   then
/// f                       0.5           0.075         0.01          0.001
/// </code>
/// </summary>
public sealed class SlowStart : IScheduleDefinition
{
    private static readonly (double Until, double Factor)[] Stages = [(40, 0.5), (70, 0.075), (85, 0.01)];

    public string Name => "slow-start";

    public string Summary => "Half the base rate for 4/9 of the job, then three decreases; made for RMSprop warm-up at batch 32k.";

    public string Source => "Akiba et al. 2017 (1711.04325)";

    public IReadOnlyList<Option> Options { get; } = [ScheduleUnits.Option, .. WarmUp.Options];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Within;

    public ISchedule Create(OptionValues options) => new Rule(ScheduleUnits.Of(options));

    private sealed class Rule(ScheduleUnit unit) : ISchedule
    {
        public double Factor(in ScheduleTime time)
        {
            var clock = time.In(unit);
            foreach (var (until, factor) in Stages)
            {
                if (!clock.HasReached(until / 90 * clock.Length))
                    return factor;
            }

            return 0.001;
        }
    }
}
