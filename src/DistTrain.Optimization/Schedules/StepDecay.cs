using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// A factor at regular distances (PyTorch's StepLR):
/// <code>
/// f(t) = factor ^ floor(t / every)
/// </code>
/// </summary>
public sealed class StepDecay : IScheduleDefinition
{
    private const string EveryKey = "every";

    public string Name => "step";

    public string Summary => "Multiplied by a factor at regular distances; simple, when no milestones are known.";

    public string Source => "PyTorch StepLR";

    public IReadOnlyList<Option> Options { get; } =
    [
        new(EveryKey, OptionKind.Number, 30.0, "distance between two decreases") { Minimum = 0, ExclusiveMinimum = true },
        new("factor", OptionKind.Number, 0.1, "factor of each decrease") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 },
        ScheduleUnits.Option,
        .. WarmUp.Options,
    ];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Within;

    public (string Option, IReadOnlyList<double> Times)? Changes(OptionValues options) => (EveryKey, [options.Number(EveryKey)]);

    public ISchedule Create(OptionValues options) => new Rule(options);

    private sealed class Rule(OptionValues options) : ISchedule
    {
        private readonly double _every = options.Number(EveryKey);
        private readonly double _factor = options.Number("factor");
        private readonly ScheduleUnit _unit = ScheduleUnits.Of(options);

        public double Factor(in ScheduleTime time) => Math.Pow(_factor, time.In(_unit).TimesPassed(_every));
    }
}
