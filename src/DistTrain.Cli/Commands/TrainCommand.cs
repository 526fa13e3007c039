using System.CommandLine;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Display;
using DistTrain.Cli.Jobs;
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

    private static readonly Option<int> Silos = SharedOptions.Number("--silos", "Worker silos (processes) to start.", 2, 1, 256);

    private static readonly Option<int> Servers = SharedOptions.Number("--servers", "Parameter servers (processes) to start.", 1, 1, 64);

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "Folder of the run, new or empty. Default: runs/<job id>.",
        HelpName = "folder",
    };

    public static Command Create() => new Command(
        "train", "Train a model: start a local cluster of real processes, run one job on it with a live display, and shut it down.")
    {
        JobFileArgument,
        SharedOptions.Set,
        Silos,
        Servers,
        Out,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var started = context.Clock.GetTimestamp();
        var job = JobFileInput.Read(context.GetOrDefault(JobFileArgument), context.Get(SharedOptions.Set), context.Error);
        var id = NewJobId.Make(job.Name, context.Clock);
        var folder = RunFolder.Create(context.GetOrDefault(Out) ?? Path.Combine("runs", id));
        await File.WriteAllTextAsync(folder.Job, JobFile.Write(job));

        context.Interruption.HandlesForce = true;
        var plan = new ClusterPlan(folder.FullPath, context.Get(Servers), context.Get(Silos), job.Spec.Determinism);
        var display = JobDisplay.For(context);
        display.Note($"starting {plan.Describe()}; logs in {Path.Combine(folder.Shown, "cluster")}");
        await using var cluster = new LocalCluster(plan, SelfExecutable.Current, context.Clock, exit => context.Error.WriteLine(exit.Restart));
        var ended = await new LocalRun(context, folder, cluster, display).RunAsync(id, job);
        return display.End(ended, context.Clock.GetElapsedTime(started), context.Json ? folder.FullPath : folder.Shown);
    }
}
