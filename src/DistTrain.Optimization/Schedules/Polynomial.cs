using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// Polynomial decay to the job's end T, from the end of the warm-up on:
/// <code>
/// f(t) = end + (1 - end) * (1 - t / T) ^ power
/// </code>
/// </summary>
public sealed class Polynomial : IScheduleDefinition
{
    public string Name => "polynomial";

    public string Summary => "Falls to the job's end along a power; power 2 with LARS at very large batches, power 1 with LAMB.";

    public string Source => "You et al. 2017 (1708.03888), power 2; You et al. 2019 (1904.00962), power 1";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("power", OptionKind.Number, 2.0, "power of the remaining share of the job") { Minimum = 0, ExclusiveMinimum = true },
        new("end", OptionKind.Number, 0.0, "final rate as a factor of the base rate") { Minimum = 0, Maximum = 1 },
        ScheduleUnits.Option,
        .. WarmUp.Options,
    ];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Before;

    public ISchedule Create(OptionValues options) => new Rule(options);

    private sealed class Rule(OptionValues options) : ISchedule
    {
        private readonly double _power = options.Number("power");
        private readonly double _end = options.Number("end");
        private readonly ScheduleUnit _unit = ScheduleUnits.Of(options);

        public double Factor(in ScheduleTime time) =>
            _end + ((1 - _end) * Math.Pow(1 - time.In(_unit).Progress, _power));
    }
}
