namespace DistTrain.Recipes;

/// <summary>The folder that the paths in jobs may not lead out of.</summary>
public static class DataRoot
{
    /// <param name="root">The folder; null: jobs name what the process may read, and relative paths start from where it was started.</param>
    /// <param name="path">As a job has it.</param>
    /// <returns>The full path; null: it leads out of the folder.</returns>
    public static string? Resolve(string? root, string path)
    {
        if (root is null)
            return Path.GetFullPath(path);
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        var full = Path.GetFullPath(path, folder);
        return full == folder || full.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? full : null;
    }
}
