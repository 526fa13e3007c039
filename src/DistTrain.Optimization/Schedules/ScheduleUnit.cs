using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>What a schedule's lengths and milestones are counted in.</summary>
public enum ScheduleUnit
{
    Epochs,
    Steps,
}

/// <summary>The option that names the unit, the same for every schedule that has one.</summary>
public static class ScheduleUnits
{
    /// <summary>Name of the option.</summary>
    public const string Key = "unit";

    public static Option Option { get; } = new(Key, OptionKind.Choice, "epochs", "what lengths, milestones and progress are counted in")
    {
        Choices = ["epochs", "steps"],
    };

    /// <summary>The unit in <paramref name="options"/>.</summary>
    public static ScheduleUnit Of(OptionValues options) =>
        options.Choice(Key) == "steps" ? ScheduleUnit.Steps : ScheduleUnit.Epochs;
}
