using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// Half a cosine over the length L (without restarts), from the end of the warm-up on; behind L the minimum stays:
/// <code>
/// f(t) = minimum + (1 - minimum) * (1 + cos(pi * t / L)) / 2
/// </code>
/// </summary>
public sealed class Cosine : IScheduleDefinition
{
    public string Name => "cosine";

    public string Summary => "Falls along half a cosine; a good first choice, with nothing to tune.";

    public string Source => "Loshchilov and Hutter 2016 (1608.03983), without restarts; PyTorch CosineAnnealingLR";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("minimum", OptionKind.Number, 0.0, "lowest rate as a factor of the base rate") { Minimum = 0, Maximum = 1 },
        new("length", OptionKind.Number, 0.0, "length of the fall; 0: to the job's end") { Minimum = 0 },
        ScheduleUnits.Option,
        .. WarmUp.Options,
    ];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Before;

    public ISchedule Create(OptionValues options) => new Rule(options);

    private sealed class Rule(OptionValues options) : ISchedule
    {
        private readonly double _minimum = options.Number("minimum");
        private readonly double _length = options.Number("length");
        private readonly ScheduleUnit _unit = ScheduleUnits.Of(options);

        public double Factor(in ScheduleTime time)
        {
            var clock = time.In(_unit);
            var progress = _length > 0 ? clock.ProgressOf(_length) : clock.Progress;
            return _minimum + ((1 - _minimum) * (1 + Math.Cos(Math.PI * progress)) / 2);
        }
    }
}
