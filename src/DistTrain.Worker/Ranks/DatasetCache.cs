using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Worker.Hosting;

namespace DistTrain.Worker.Ranks;

/// <summary>A silo loads a dataset once for all its ranks, and lets go of it with the last of them.</summary>
internal sealed class DatasetCache(SiloOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DatasetRecipe, WeakReference<Dataset>> _loaded = [];

    /// <summary>The dataset; blocks while it is read. Call it from a thread that may wait.</summary>
    /// <exception cref="DatasetException">The files are missing or damaged, or jobs may not read them.</exception>
    public Dataset Load(DatasetRecipe recipe)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(recipe, out var reference) && reference.TryGetTarget(out var dataset))
                return dataset;
            dataset = DatasetReader.Read(Within(recipe));
            _loaded[recipe] = new WeakReference<Dataset>(dataset);
            return dataset;
        }
    }

    private DatasetRecipe Within(DatasetRecipe recipe)
    {
        if (options.DataRoot is null || recipe.Path is null)
            return recipe;
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.DataRoot));
        var path = Path.GetFullPath(recipe.Path, root);
        return path == root || path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? recipe with { Path = path }
            : throw new DatasetException($"dataset.path: expected a folder in {root}, where this cluster has its data, found '{recipe.Path}'. Name one there, relative to it.");
    }
}
