using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>The schedules by name: every <see cref="IScheduleDefinition"/> of this assembly.</summary>
public static class ScheduleCatalog
{
    public static IReadOnlyList<IScheduleDefinition> All { get; } = Definitions.Of<IScheduleDefinition>(d => d.Name);

    /// <summary>The definition named <paramref name="name"/>, or null.</summary>
    public static IScheduleDefinition? Find(string name) => All.FirstOrDefault(d => d.Name == name);
}
