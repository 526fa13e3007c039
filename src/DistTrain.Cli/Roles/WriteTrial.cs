namespace DistTrain.Cli.Roles;

/// <summary>Finds out whether a folder can be written, by writing.</summary>
internal static class WriteTrial
{
    /// <summary>The nearest folder that is there already, above the place that each job puts its name into.</summary>
    public static string FolderAbove(string jobFolder, string place)
    {
        // What is behind the last separator is the beginning of a name.
        var above = jobFolder.Contains(place, StringComparison.Ordinal) ? Path.GetDirectoryName(jobFolder.Split(place)[0] + "job")! : jobFolder;
        var folder = Path.GetFullPath(above.Length > 0 ? above : ".");
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
            folder = parent;
        return folder;
    }

    /// <summary>Writes a byte to the disk and takes it away again.</summary>
    /// <exception cref="IOException">It can't: the disk is full, or the file system read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static void Make(string folder)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose, BufferSize = 0 };
        using var file = new FileStream(Path.Combine(folder, $".disttrain-write-{Guid.NewGuid():N}"), options);
        file.WriteByte(0);
        file.Flush(flushToDisk: true);
    }
}
