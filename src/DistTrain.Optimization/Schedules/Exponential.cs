using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// Exponential decay, from the end of the warm-up on; t is fractional, so in epochs the rate falls at every step:
/// <code>
/// f(t) = factor ^ t
/// </code>
/// </summary>
public sealed class Exponential : IScheduleDefinition
{
    public string Name => "exponential";

    public string Summary => "Falls by the same share in every epoch or step, whatever the job's length.";

    public string Source => "PyTorch ExponentialLR, continued between epochs";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("factor", OptionKind.Number, 0.95, "factor of each epoch or step") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 },
        ScheduleUnits.Option,
        .. WarmUp.Options,
    ];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Before;

    public ISchedule Create(OptionValues options) => new Rule(options);

    private sealed class Rule(OptionValues options) : ISchedule
    {
        private readonly double _factor = options.Number("factor");
        private readonly ScheduleUnit _unit = ScheduleUnits.Of(options);

        public double Factor(in ScheduleTime time) => Math.Pow(_factor, time.In(_unit).Done);
    }
}
