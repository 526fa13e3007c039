namespace DistTrain.ParameterServer.Files;

/// <summary>
/// Every change that a server makes to its disk, one call each: what a crash between two of them leaves behind is what a job has to go on from.
/// Reading goes past it. Tests put a disk in its place that fails, or that forgets what was not flushed.
/// </summary>
internal class Disk
{
    public static Disk Real { get; } = new();

    /// <summary>Makes one folder in a folder that is there.</summary>
    public virtual void CreateFolder(string path) => Directory.CreateDirectory(path);

    /// <summary>Creates or empties a file. Writes reach the system at once, so none fails later than its call.</summary>
    public virtual Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);

    /// <summary>Opens a file to go on writing at its end, while others read it.</summary>
    public virtual Stream Append(string path) => new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    /// <summary>Returns when what was written to a file of <see cref="Create"/> or <see cref="Append"/> is safe from a power cut. Its name need not be.</summary>
    public virtual void Flush(Stream file) => RandomAccess.FlushToDisk(((FileStream)file).SafeFileHandle);

    /// <summary>Renames a file; one that had the name is replaced.</summary>
    public virtual void Move(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Deletes a file, if it is there.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Deletes an empty folder.</summary>
    public virtual void DeleteFolder(string path) => Directory.Delete(path);

    /// <summary>Returns when the names in a folder are safe from a power cut: the created, the renamed and the deleted.</summary>
    public virtual void FlushFolder(string path) => FolderFlush.Flush(path);

    /// <summary>Makes a folder, and those above it that are missing, so that they are there also after a power cut.</summary>
    public void EnsureFolder(string path)
    {
        path = Path.GetFullPath(path);
        if (Path.GetDirectoryName(path) is not { } parent)
            return;
        // A folder with nothing in it may have been made by a process that died before it was safe.
        if (!Directory.Exists(parent) || (!Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(parent).Any()))
            EnsureFolder(parent);
        if (!Directory.Exists(path))
            CreateFolder(path);
        FlushFolder(parent);
    }
}
