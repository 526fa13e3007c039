using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>The ways of averaging weights by name: every <see cref="IAveragingDefinition"/> of this assembly.</summary>
public static class AveragingCatalog
{
    public static IReadOnlyList<IAveragingDefinition> All { get; } = Definitions.Of<IAveragingDefinition>(d => d.Name);
}
