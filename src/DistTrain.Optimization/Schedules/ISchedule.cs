using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>A learning-rate schedule: a pure function of where training stands.</summary>
public interface ISchedule
{
    /// <summary>The factor on the base rate for the step at <paramref name="time"/>.</summary>
    double Factor(in ScheduleTime time);
}

/// <summary>What makes a schedule available by name; one file each, found by <see cref="ScheduleCatalog"/>.</summary>
public interface IScheduleDefinition
{
    /// <summary>Name in the job file, kebab-case.</summary>
    string Name { get; }

    /// <summary>One sentence: the rule and when to choose it.</summary>
    string Summary { get; }

    /// <summary>Where the formula comes from.</summary>
    string Source { get; }

    IReadOnlyList<Option> Options { get; }

    ISchedule Create(OptionValues options);
}

/// <summary>Where a step stands in its job.</summary>
/// <param name="Step">Number of updates done before this one.</param>
/// <param name="Epoch">Fractional epochs done before this step.</param>
/// <param name="TotalSteps">Steps of the whole job.</param>
public readonly record struct ScheduleTime(long Step, double Epoch, long TotalSteps);
