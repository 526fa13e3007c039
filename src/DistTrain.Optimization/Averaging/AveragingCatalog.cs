using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>The ways of averaging weights by name: every <see cref="IAveragingDefinition"/> of this assembly.</summary>
public static class AveragingCatalog
{
    public static IReadOnlyList<IAveragingDefinition> All { get; } = Definitions.Of<IAveragingDefinition>(d => d.Name);

    /// <summary>What an averaging makes of a job.</summary>
    /// <param name="name">Its name, one of the catalog's.</param>
    /// <param name="options">Its options.</param>
    public static AveragingPlan Plan(string name, OptionValues options) => All.First(d => d.Name == name).Of(options);
}
