namespace DistTrain.Cli.Roles;

/// <summary>A file that one process holds at a time, until it ends, however it ends.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the file; null when another process holds it.</summary>
    /// <param name="path">Made if it is not there; stays empty.</param>
    /// <exception cref="IOException">The file can't be made.</exception>
    public static FileLock? TryTake(string path)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
