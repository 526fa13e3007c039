namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>Writes a file so that it is there whole or not at all, also when the process is killed: temporary name, flush to disk, rename.</summary>
internal static class AtomicFile
{
    /// <summary>Creates or replaces <paramref name="path"/> with what <paramref name="write"/> writes.</summary>
    /// <exception cref="IOException">The disk is full or the folder is missing; the old file, if any, is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        // Servers that share a folder write the same manifest: each under a name of its own.
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // Half a file would go on filling the disk that may just have been full.
            File.Delete(temporary);
            throw;
        }
    }
}
