using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>The schedules by name: every <see cref="IScheduleDefinition"/> of this assembly.</summary>
public static class ScheduleCatalog
{
    public static IReadOnlyList<IScheduleDefinition> All { get; } = Definitions.Of<IScheduleDefinition>(d => d.Name);

    /// <summary>The definition named <paramref name="name"/>, or null.</summary>
    public static IScheduleDefinition? Find(string name) => All.FirstOrDefault(d => d.Name == name);

    /// <summary>The schedule named <paramref name="name"/> with its options bound, warm-up included.</summary>
    /// <exception cref="ArgumentException">There is no such schedule, or the warm-up has two lengths.</exception>
    public static ISchedule Create(string name, OptionValues options)
    {
        var definition = Find(name) ?? throw new ArgumentException($"there is no schedule '{name}'", nameof(name));
        var schedule = definition.Create(options);
        var warmUp = WarmUp.Of(options);
        return warmUp.IsNone || definition.WarmUpPlace == WarmUpPlace.Own ? schedule : new WarmedUp(schedule, warmUp, definition.WarmUpPlace);
    }
}
