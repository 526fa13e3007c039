namespace DistTrain.Cli.Cluster;

/// <summary>Writes a file so that it is there whole or not at all, whenever the process is killed.</summary>
internal static class WholeFile
{
    /// <summary>Ends the name of what was being written when the process was killed.</summary>
    public const string Unfinished = ".tmp";

    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, string text)
    {
        File.WriteAllText(path + Unfinished, text);
        File.Move(path + Unfinished, path, overwrite: true);
    }

    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="write">Writes what it has; where that fails nothing is left.</param>
    /// <inheritdoc cref="Write(string, string)"/>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            using (var stream = File.Create(path + Unfinished))
                write(stream);
            File.Move(path + Unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(path + Unfinished);
            throw;
        }
    }
}
