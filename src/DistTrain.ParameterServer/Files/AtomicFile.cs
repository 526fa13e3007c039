namespace DistTrain.ParameterServer.Files;

/// <summary>Writes a file so that it is there whole or not at all, also when the machine stops: temporary name, flush to disk, rename, flush of the folder.</summary>
internal static class AtomicFile
{
    /// <summary>Creates or replaces <paramref name="path"/> with what <paramref name="write"/> writes.</summary>
    /// <param name="disk">Where it is.</param>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its contents.</param>
    /// <param name="writer">Part of the temporary name; keeps several writers of one file apart.</param>
    /// <exception cref="IOException">The disk is full or the folder is missing; the old file, if any, is untouched.</exception>
    public static void Write(Disk disk, string path, Action<Stream> write, string writer = "")
    {
        var temporary = $"{path}{writer}.tmp";
        try
        {
            using (var file = disk.Create(temporary))
            {
                write(file);
                disk.Flush(file);
            }

            disk.Move(temporary, path);
            disk.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch
        {
            // Half a file would go on filling the disk that may just have been full.
            disk.Delete(temporary);
            throw;
        }
    }
}
