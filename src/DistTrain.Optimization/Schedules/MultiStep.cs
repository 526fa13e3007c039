using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// A factor at each milestone (PyTorch's MultiStepLR); milestones count from the job's first step, warm-up or not:
/// <code>
/// f(t) = factor ^ (number of milestones m with t >= m)
/// </code>
/// </summary>
public sealed class MultiStep : IScheduleDefinition
{
    private const string MilestonesKey = "milestones";

    public string Name => "multi-step";

    public string Summary => "Multiplied by a factor at milestones; the classic of ResNets, at 1/3, 2/3 and 8/9 of the job.";

    public string Source => "He et al. 2015 (1512.03385); 30, 60 and 80 of 90 epochs: 1706.02677, section 5";

    public IReadOnlyList<Option> Options { get; } =
    [
        new(MilestonesKey, OptionKind.Numbers, null, "where the rate is decreased, counted from the job's first step") { Minimum = 0, ExclusiveMinimum = true, IsAscending = true },
        new("factor", OptionKind.Number, 0.1, "factor of each decrease") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 },
        ScheduleUnits.Option,
        .. WarmUp.Options,
    ];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Within;

    public (string Option, IReadOnlyList<double> Times)? Changes(OptionValues options) => (MilestonesKey, options.Numbers(MilestonesKey));

    public ISchedule Create(OptionValues options) => new Rule(options);

    private sealed class Rule(OptionValues options) : ISchedule
    {
        private readonly double[] _milestones = [.. options.Numbers(MilestonesKey)];
        private readonly double _factor = options.Number("factor");
        private readonly ScheduleUnit _unit = ScheduleUnits.Of(options);

        public double Factor(in ScheduleTime time)
        {
            var clock = time.In(_unit);
            return Math.Pow(_factor, _milestones.Count(m => clock.HasReached(m)));
        }
    }
}
