using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// A silo reads a dataset once for all its ranks, and lets go of it with the last of them. Data that a job began with stay valid as long as some
/// rank has them; whoever reads anew gets what the files hold then.
/// </summary>
internal sealed class DatasetCache(SiloOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<DatasetRecipe, List<WeakReference<Dataset>>> _read = [];

    /// <summary>The dataset as it is now; blocks while it is read. Call it from a thread that may wait.</summary>
    /// <exception cref="DatasetException">The files are missing or damaged, or jobs may not read them.</exception>
    public Dataset Load(DatasetRecipe recipe)
    {
        lock (_gate)
            return Now(Within(recipe));
    }

    /// <summary>The dataset that a job began with.</summary>
    /// <param name="recipe">The dataset.</param>
    /// <param name="fingerprint">SHA-256 of what was read then.</param>
    /// <param name="files">SHA-256 of each file then, by its path in the dataset's folder.</param>
    /// <exception cref="DatasetException">As for the other; or it has to be read again and is another one now: the files are named.</exception>
    public Dataset Load(DatasetRecipe recipe, string fingerprint, IReadOnlyDictionary<string, string> files)
    {
        lock (_gate)
        {
            recipe = Within(recipe);
            if (Alive(recipe).Find(data => data.Fingerprint == fingerprint) is { } begun)
                return begun;
            var now = Now(recipe);
            return now.Fingerprint == fingerprint ? now : throw new DatasetException(DatasetChange.Describe(recipe, files, fingerprint, now.Fingerprint));
        }
    }

    /// <summary>Why what is read of a dataset now is not what a job began with, in words for the user.</summary>
    public string Describe(DatasetRecipe recipe, IReadOnlyDictionary<string, string> files, string before, string now) =>
        DatasetChange.Describe(Within(recipe), files, before, now);

    private Dataset Now(DatasetRecipe recipe)
    {
        var alive = Alive(recipe);
        if (alive.Find(data => DatasetChange.IsNone(recipe, data.Files)) is { } known)
            return known;
        var read = DatasetReader.Read(recipe);
        _read[recipe] = [.. alive.Append(read).Select(data => new WeakReference<Dataset>(data))];
        return read;
    }

    private List<Dataset> Alive(DatasetRecipe recipe)
    {
        List<Dataset> alive = [];
        foreach (var reference in _read.GetValueOrDefault(recipe, []))
        {
            if (reference.TryGetTarget(out var data))
                alive.Add(data);
        }

        return alive;
    }

    private DatasetRecipe Within(DatasetRecipe recipe)
    {
        if (options.DataRoot is null || recipe.Path is null)
            return recipe;
        return DataRoot.Resolve(options.DataRoot, recipe.Path) is { } path
            ? recipe with { Path = path }
            : throw new DatasetException($"dataset.path: expected a folder in {Path.GetFullPath(options.DataRoot)}, where this cluster has its data, found '{recipe.Path}'. Name one there, relative to it.");
    }
}
