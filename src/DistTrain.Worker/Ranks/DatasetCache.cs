using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Worker.Ranks;

/// <summary>A silo loads a dataset once for all its ranks, and lets go of it with the last of them.</summary>
internal sealed class DatasetCache
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DatasetRecipe, WeakReference<Dataset>> _loaded = [];

    /// <summary>The dataset; blocks while it is read. Call it from a thread that may wait.</summary>
    /// <exception cref="DatasetException">The files are missing or damaged.</exception>
    public Dataset Load(DatasetRecipe recipe)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(recipe, out var reference) && reference.TryGetTarget(out var dataset))
                return dataset;
            dataset = DatasetReader.Read(recipe);
            _loaded[recipe] = new WeakReference<Dataset>(dataset);
            return dataset;
        }
    }
}
