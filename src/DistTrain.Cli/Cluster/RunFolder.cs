using DistTrain.Cli.Commands;

namespace DistTrain.Cli.Cluster;

/// <summary>The folder of one run: what went in, what came out, and the logs in between.</summary>
/// <param name="path">As the user gave it.</param>
internal sealed class RunFolder(string path)
{
    /// <summary>As the user gave it, for messages.</summary>
    public string Shown { get; } = path;

    /// <summary>Absolute.</summary>
    public string FullPath { get; } = Path.GetFullPath(path);

    /// <summary>The final weights.</summary>
    public string Model => Path.Combine(FullPath, "model.safetensors");

    /// <summary>The resolved job.</summary>
    public string Job => Path.Combine(FullPath, "job.yaml");

    /// <summary>The local cluster's own files.</summary>
    public string Cluster => Path.Combine(FullPath, "cluster");

    /// <summary>How the run was started.</summary>
    public string Description => Path.Combine(Cluster, "run.json");

    /// <summary>True when a run was started in the folder.</summary>
    public static bool HoldsRun(string path) => File.Exists(new RunFolder(path).Job);

    /// <summary>The folder of a run that was started.</summary>
    /// <exception cref="CommandException">There is none.</exception>
    public static RunFolder Open(string path) =>
        HoldsRun(path) ? new RunFolder(path) : throw CommandException.BadInput($"{path} is no run's folder: it has no job.yaml");

    /// <summary>Makes the folder. Another run's files are never mixed with this one's.</summary>
    /// <exception cref="CommandException">There is something in it, or it cannot be made.</exception>
    public static RunFolder Create(string path)
    {
        var folder = new RunFolder(path);
        try
        {
            if (File.Exists(folder.FullPath))
                throw CommandException.BadInput($"--out {path} is a file");
            Directory.CreateDirectory(folder.FullPath);
            if (Directory.EnumerateFileSystemEntries(folder.FullPath).Any())
                throw CommandException.BadInput($"--out {path} is not empty; give a new folder, so that no run's files are mixed");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.BadInput($"--out {path}: {e.Message}");
        }

        return folder;
    }
}
