using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>A learning-rate schedule: a pure function of where training stands.</summary>
public interface ISchedule
{
    /// <summary>The factor on the base rate for the step at <paramref name="time"/>; finite and at least 0.</summary>
    double Factor(in ScheduleTime time);
}

/// <summary>
/// What makes a schedule available by name; one file each, found by <see cref="ScheduleCatalog"/>. A file has its own formula
/// only: the gradual warm-up is put around it by the catalog.
/// </summary>
public interface IScheduleDefinition
{
    /// <summary>Name in the job file, kebab-case.</summary>
    string Name { get; }

    /// <summary>One sentence: the rule and when to choose it.</summary>
    string Summary { get; }

    /// <summary>Where the formula comes from.</summary>
    string Source { get; }

    /// <summary>Every option, those of <see cref="WarmUp"/> last.</summary>
    IReadOnlyList<Option> Options { get; }

    /// <summary>How the schedule goes together with a warm-up.</summary>
    WarmUpPlace WarmUpPlace { get; }

    /// <summary>It rises from a low rate by itself: a raised rate needs no warm-up beside it.</summary>
    bool Rises => false;

    /// <summary>When it changes the rate at times that an option says: the option, and the first times, in the unit of the schedule; null: it does not.</summary>
    (string Option, IReadOnlyList<double> Times)? Changes(OptionValues options) => null;

    /// <summary>The formula with its options bound, without warm-up; <see cref="ScheduleCatalog.Create"/> gives the whole.</summary>
    ISchedule Create(OptionValues options);
}
