using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Client;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Cluster;

/// <summary>What is to run in a folder: a new job, or the one that was cut short there.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Id">Id of the job.</param>
/// <param name="Job">The job; of one that goes on, all that decides the bits is as it was.</param>
internal sealed record RunStart(RunFolder Folder, string Id, TrainingJob Job)
{
    /// <summary>How the run was started before; null: it was not, or that is not known.</summary>
    public RunDescription? Before { get; private init; }

    /// <summary>The job goes on from its newest checkpoint.</summary>
    public bool Resumes { get; private init; }

    /// <summary>A new run; its folder gets the resolved job.</summary>
    /// <exception cref="CommandException">The folder has something in it already.</exception>
    public static RunStart New(string path, string id, TrainingJob job)
    {
        var folder = RunFolder.Create(path);
        return new RunStart(folder, id, folder.Keep(job));
    }

    /// <summary>Goes on with the job that the folder holds.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="clock">For the id of a run that never began.</param>
    /// <param name="overrides"><c>path=value</c>, in order.</param>
    /// <param name="error">Receives warnings.</param>
    /// <exception cref="CommandException">It is no run's folder, or the overrides make another job of it.</exception>
    public static RunStart Resumed(string path, IReadOnlyList<string> overrides, TextWriter error, TimeProvider clock)
    {
        var folder = RunFolder.Open(path);
        return Resumed(folder, JobFileInput.Read(folder.Job, overrides, error), clock);
    }

    /// <summary>Goes on with the job that the folder holds if <paramref name="job"/> is the same.</summary>
    /// <exception cref="CommandException">It is another one; all differences are named.</exception>
    public static RunStart Resumed(RunFolder folder, TrainingJob job, TimeProvider clock)
    {
        var before = JobFileInput.Read(folder.Job, [], TextWriter.Null);
        if (JobFile.Differences(before, job) is { Count: > 0 } differences)
            throw CommandException.BadInput([.. differences.Select(d => $"{folder.Shown} can't go on as another job: {d}; give a new --out for a new run")]);
        var description = RunDescription.Read(folder.Description);
        // Killed before it was said how it runs: there is a job file, and nothing that could go on.
        if (description is null && !folder.HasBegun)
            return new RunStart(folder, NewJobId.Make(job.Name, clock), folder.Keep(job));
        return new RunStart(folder, description?.Job ?? JobOf(folder), job) { Before = description, Resumes = true };
    }

    private static string JobOf(RunFolder folder)
    {
        try
        {
            return CheckpointReader.Find(folder.FullPath).Manifest.JobId;
        }
        catch (CheckpointException e)
        {
            throw CommandException.BadInput($"{folder.Shown}: neither {Path.GetFileName(folder.Description)} nor a checkpoint says which job ran here ({e.Message})");
        }
    }
}
