using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// One cycle (Smith and Topin 2017, 1708.07120) in PyTorch's two-phase cosine form (OneCycleLR). The base rate is the cycle's
/// peak; the job has T steps; a is the cosine from x to y:
/// <code>
/// first = 1 / divFactor,  last = first / finalDivFactor,  p = pctStart * T - 1
/// t &lt;= p:  f(t) = a(first, 1, t / p)
/// t > p:   f(t) = a(1, last, (t - p) / (T - 1 - p))
/// a(x, y, s) = y + (x - y) * (1 + cos(pi * s)) / 2
/// </code>
/// The 1 is what the step takes, in epochs as in steps: so the last step is at the last rate.
/// </summary>
public sealed class OneCycle : IScheduleDefinition
{
    public string Name => "one-cycle";

    public string Summary => "Rises to the base rate, then falls far below where it began; for short jobs with a high rate.";

    public string Source => "Smith and Topin 2017 (1708.07120); PyTorch OneCycleLR, two phases, cosine";

    public IReadOnlyList<Option> Options { get; } =
    [
        new("pctStart", OptionKind.Number, 0.3, "share of the job in which the rate rises") { Minimum = 0, Maximum = 1, ExclusiveMaximum = true },
        new("divFactor", OptionKind.Number, 25.0, "base rate over first rate") { Minimum = 1 },
        new("finalDivFactor", OptionKind.Number, 1e4, "first rate over last rate") { Minimum = 1 },
        ScheduleUnits.Option,
        .. WarmUp.Options,
    ];

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Before;

    public bool Rises => true;

    public ISchedule Create(OptionValues options) => new Rule(options);

    private sealed class Rule(OptionValues options) : ISchedule
    {
        private readonly double _rising = options.Number("pctStart");
        private readonly double _first = 1 / options.Number("divFactor");
        private readonly double _last = 1 / options.Number("divFactor") / options.Number("finalDivFactor");
        private readonly ScheduleUnit _unit = ScheduleUnits.Of(options);

        public double Factor(in ScheduleTime time)
        {
            var clock = time.In(_unit);
            // A rise shorter than a step is none: then the cycle begins at its peak.
            var peak = Math.Max(0, (_rising * clock.Length) - clock.Taken);
            if (clock.Done < peak)
                return Between(_first, 1, clock.Done / peak);
            var falling = clock.Length - clock.Taken - peak;
            return Between(1, _last, falling > 0 ? Math.Clamp((clock.Done - peak) / falling, 0, 1) : 0);
        }

        private static double Between(double start, double end, double share) =>
            end + ((start - end) * (1 + Math.Cos(Math.PI * share)) / 2);
    }
}
