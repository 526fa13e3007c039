using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Batches;

/// <summary>The ways of changing the batch by name: every <see cref="IBatchDefinition"/> of this assembly.</summary>
public static class BatchCatalog
{
    public static IReadOnlyList<IBatchDefinition> All { get; } = Definitions.Of<IBatchDefinition>(d => d.Name);

    public static IBatchDefinition? Find(string name) => All.FirstOrDefault(d => d.Name == name);
}
