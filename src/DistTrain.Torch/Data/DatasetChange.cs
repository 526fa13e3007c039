using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Data.Files;

namespace DistTrain.Torch.Data;

/// <summary>Whether the files of a dataset are those that were read.</summary>
public static class DatasetChange
{
    private const string Cure = "Put back what the job began with, or train anew";

    /// <summary>True when reading the dataset now would read the same bytes of the same files.</summary>
    /// <param name="recipe">The dataset.</param>
    /// <param name="files">SHA-256 of each file that was read, by its path in the dataset's folder.</param>
    /// <exception cref="DatasetException">A file is missing.</exception>
    public static bool IsNone(DatasetRecipe recipe, IReadOnlyDictionary<string, string> files)
    {
        var found = DatasetReader.FilesOf(recipe);
        return found.Count == files.Count && !Changed(recipe, files).Any();
    }

    /// <summary>Why the data that a job began with are not what is read now, each changed file named, in words for the user.</summary>
    /// <param name="recipe">The dataset.</param>
    /// <param name="files">SHA-256 of each file that the job began with, by its path in the dataset's folder; empty where that is not known.</param>
    /// <param name="before">Fingerprint of the data that the job began with.</param>
    /// <param name="now">Fingerprint of what is read now.</param>
    public static string Describe(DatasetRecipe recipe, IReadOnlyDictionary<string, string> files, string before, string now)
    {
        List<string> changed = [.. Changed(recipe, files)];
        if (changed.Count > 0)
            return $"the data have changed: {string.Join("; ", changed)}. {Cure}";
        var fingerprints = $"data: SHA-256 {Short(before)} before, {Short(now)} now";
        return files.Count == 0 ? fingerprints : $"{fingerprints}, of the same files: they are read otherwise, or others have come beside them. {Cure}";
    }

    private static IEnumerable<string> Changed(DatasetRecipe recipe, IReadOnlyDictionary<string, string> files)
    {
        foreach (var (name, before) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            var path = Path.Combine(Path.GetFullPath(recipe.Path!), name);
            var now = DatasetFiles.DigestOf(path);
            if (now is null)
                yield return $"{path} can't be read any more";
            else if (now != before)
                yield return $"{path} has SHA-256 {Short(now)}, and had {Short(before)}";
        }
    }

    private static string Short(string digest) => digest.Length > 12 ? digest[..12] + "…" : digest;
}
