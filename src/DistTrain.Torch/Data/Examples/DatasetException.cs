namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// The data cannot be read: a file is missing, corrupt, truncated, or does not fit another. The message stands alone: it names
/// the file, the place in it, what was expected, what was found, and what to do.
/// </summary>
public sealed class DatasetException : Exception
{
    public DatasetException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    /// <param name="file">Full path.</param>
    /// <param name="place">Byte offset, or line and column.</param>
    /// <param name="expected">What a sound file has there.</param>
    /// <param name="found">What this one has.</param>
    /// <param name="remedy">What to do, a whole sentence.</param>
    /// <param name="cause">The exception behind it, if any.</param>
    internal static DatasetException At(string file, string place, string expected, string found, string remedy, Exception? cause = null) =>
        new($"{file}, {place}: expected {expected}, found {found}. {remedy}", cause);

    /// <param name="folder">Where the files were looked for.</param>
    /// <param name="files">All that are missing, so that the user mends it in one go.</param>
    /// <param name="remedy">What to do, a whole sentence.</param>
    internal static DatasetException Missing(string folder, IReadOnlyCollection<string> files, string remedy)
    {
        if (Obstacle(folder, files.First()) is { } obstacle)
            return new DatasetException($"Folder {folder} can't be read: {obstacle.Message.TrimEnd('.')}. {remedy}", obstacle);
        var state = Directory.Exists(folder) ? "lacks" : File.Exists(folder) ? "is a file; it should be a folder with" : "does not exist; it should hold";
        return new DatasetException($"Folder {folder} {state} {string.Join(", ", files)}. {remedy}");
    }

    /// <summary>What keeps the system from looking. What may not be looked at "does not exist" to whoever only asks whether it does.</summary>
    private static Exception? Obstacle(string folder, string file)
    {
        try
        {
            File.OpenHandle(Path.Combine(folder, file)).Dispose();
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }
}
