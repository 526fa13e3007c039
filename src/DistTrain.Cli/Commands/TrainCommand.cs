using System.CommandLine;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Client;
using DistTrain.Recipes;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain train</c>: one job on a local cluster of its own.</summary>
internal static class TrainCommand
{
    private static readonly Argument<string?> JobFileArgument = new("job.yaml")
    {
        Description = "The job file; without one, the built-in digits are learned with all defaults.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "Folder of the run, new or empty. Default: runs/<job id>.",
        HelpName = "folder",
    };

    private static readonly Option<bool> Resume = new("--resume")
    {
        Description = "Go on with the run that --out holds if there is one, else start it: the same command line may be given again and again.",
    };

    public static Command Create() => new Command(
        "train", "Train a model: start a local cluster of real processes, run one job on it with a live display, and shut it down.")
    {
        JobFileArgument,
        SharedOptions.Set,
        LocalOptions.Silos,
        LocalOptions.Servers,
        RoleOptions.SharedMemory,
        PageOptions.Page,
        Out,
        Resume,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var job = JobFileInput.Read(context.GetOrDefault(JobFileArgument), context.Get(SharedOptions.Set), context.Error);
        return LocalOptions.RunAsync(context, StartOf(context, job));
    }

    private static RunStart StartOf(CommandContext context, TrainingJob job)
    {
        var id = NewJobId.Make(job.Name, context.Clock);
        var path = context.GetOrDefault(Out);
        if (!context.Get(Resume))
            return RunStart.New(path ?? Path.Combine("runs", id), id, job);
        if (path is null)
            throw CommandException.BadInput("--resume needs --out, the folder of the run");
        return RunFolder.HoldsRun(path) ? RunStart.Resumed(RunFolder.Open(path), job, context.Clock) : RunStart.New(path, id, job);
    }
}
