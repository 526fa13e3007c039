using DistTrain.Cli.Invocation;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;

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

    /// <summary>What was understood of the data.</summary>
    public string Data => Path.Combine(FullPath, DatasetSummary.FileName);

    /// <summary>The local cluster's own files.</summary>
    public string Cluster => Path.Combine(FullPath, "cluster");

    /// <summary>How the run was started.</summary>
    public string Description => Path.Combine(Cluster, "run.json");

    /// <summary>True where something was trained, or a cluster was started to do so.</summary>
    public bool HasBegun => File.Exists(Path.Combine(Cluster, "cluster.db")) || File.Exists(Path.Combine(FullPath, MetricsLine.FileName))
        || Directory.Exists(StepFolders.In(FullPath));

    /// <summary>True when a run was started in the folder.</summary>
    /// <exception cref="CommandException">The system does not let us look.</exception>
    public static bool HoldsRun(string path)
    {
        try
        {
            File.OpenHandle(new RunFolder(path).Job).Dispose();
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, path);
        }
    }

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
            if (Directory.EnumerateFileSystemEntries(folder.FullPath).Any(entry => entry != folder.Job + WholeFile.Unfinished))
                throw CommandException.BadInput($"--out {path} is not empty; give a new folder, so that no run's files are mixed");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"--out {path}");
        }

        return folder;
    }

    /// <summary>
    /// Writes the resolved job. Where its data lie, and what it starts from, is said in full: it is the same job whatever folder a later command is given in.
    /// </summary>
    /// <returns>The job as it stands there.</returns>
    /// <exception cref="CommandException">The file can't be written.</exception>
    public TrainingJob Keep(TrainingJob job)
    {
        var kept = job.WithPaths(Path.GetFullPath);
        try
        {
            WholeFile.Write(Job, JobFile.Write(kept));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, Shown);
        }

        return kept;
    }
}
