namespace DistTrain.Worker.Cluster;

/// <summary>A file that one process holds at a time, until it ends, however it ends.</summary>
public sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the file; null when another process holds it.</summary>
    /// <param name="path">Made if it is not there; stays empty.</param>
    /// <exception cref="IOException">The file can't be made or locked.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be made.</exception>
    public static FileLock? TryTake(string path)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    /// <summary>What the system says of a lock that another has: EWOULDBLOCK, or Windows' sharing violation. Everything else is no answer.</summary>
    private static bool IsHeld(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) == 32 : e.HResult == (OperatingSystem.IsMacOS() ? 35 : 11);

    /// <summary>Lets the file go.</summary>
    public void Dispose() => _file.Dispose();
}
