using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>The optimizers by name: every <see cref="IOptimizerDefinition"/> of this assembly.</summary>
public static class OptimizerCatalog
{
    public static IReadOnlyList<IOptimizerDefinition> All { get; } = Definitions.Of<IOptimizerDefinition>(d => d.Name);

    /// <summary>The definition named <paramref name="name"/>, or null.</summary>
    public static IOptimizerDefinition? Find(string name) => All.FirstOrDefault(d => d.Name == name);
}
