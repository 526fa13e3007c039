using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>
/// Gradual warm-up (Goyal et al. 2017, 1706.02677, section 2.2), per iteration, over a length W in epochs or in steps:
/// <code>
/// from = 0:   ramp(t) = (t + 1) / W               the first update is not 0, the last of the warm-up is at the base rate
/// from > 0:   ramp(t) = from + (1 - from) * t / W  starts at that share of the base rate
/// t >= W:     ramp(t) = 1
/// </code>
/// </summary>
/// <param name="Epochs">Length in epochs, or 0.</param>
/// <param name="Steps">Length in steps, or 0; not together with <paramref name="Epochs"/>.</param>
/// <param name="From">Factor of the base rate at which the warm-up starts, 0 to 1.</param>
public sealed record WarmUp(double Epochs, double Steps, double From)
{
    public const string EpochsKey = "warmupEpochs";
    public const string StepsKey = "warmupSteps";
    public const string FromKey = "warmupFrom";

    /// <summary>The options of the length.</summary>
    public static IReadOnlyList<Option> LengthOptions { get; } =
    [
        new(EpochsKey, OptionKind.Number, 0.0, $"epochs of gradual warm-up; not together with {StepsKey}") { Minimum = 0 },
        new(StepsKey, OptionKind.Number, 0.0, $"steps of gradual warm-up; not together with {EpochsKey}") { Minimum = 0 },
    ];

    /// <summary>The options that a schedule with a gradual warm-up takes beside its own.</summary>
    public static IReadOnlyList<Option> Options { get; } =
    [
        .. LengthOptions,
        new(FromKey, OptionKind.Number, 0.0, "factor of the base rate where the warm-up starts") { Minimum = 0, Maximum = 1, IgnoredWhen = "there is no warm-up" },
    ];

    /// <summary>True when the schedule is as it is without.</summary>
    public bool IsNone => Length <= 0;

    /// <summary>The length in its <see cref="Unit"/>; 0 for none.</summary>
    public double Length => Unit == ScheduleUnit.Steps ? Steps : Epochs;

    public ScheduleUnit Unit => Steps > 0 ? ScheduleUnit.Steps : ScheduleUnit.Epochs;

    /// <summary>The warm-up in a schedule's options.</summary>
    /// <exception cref="ArgumentException">It has a length in epochs and one in steps.</exception>
    public static WarmUp Of(OptionValues options)
    {
        var warmUp = new WarmUp(
            options.Number(EpochsKey), options.Number(StepsKey), options.Has(FromKey) ? options.Number(FromKey) : 0);
        return warmUp is { Epochs: > 0, Steps: > 0 }
            ? throw new ArgumentException($"{EpochsKey} and {StepsKey} are both given", nameof(options))
            : warmUp;
    }

    /// <summary>The factor of the warm-up alone at <paramref name="time"/>, 0 to 1.</summary>
    public double Ramp(in ScheduleTime time)
    {
        var clock = time.In(Unit);
        if (IsNone || clock.HasReached(Length))
            return 1;
        return From > 0
            ? From + ((1 - From) * clock.Done / Length)
            : Math.Min(1, (clock.Done + clock.Taken) / Length);
    }

    /// <summary>The job's time as a schedule sees it whose clock starts when the warm-up ends.</summary>
    public ScheduleTime Behind(in ScheduleTime time) => time.StartingAt(Length, Unit);
}
