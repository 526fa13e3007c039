using System.CommandLine;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Reports;

namespace DistTrain.Cli.Commands;

/// <summary>The size of a local cluster, and one run on it: what <c>train</c> and <c>resume</c> share.</summary>
internal static class LocalOptions
{
    private const int DefaultSilos = 2;
    private const int DefaultServers = 1;

    public static Option<int?> Silos { get; } = Size("--silos", $"Worker silos (processes) to start. Default: {DefaultSilos}; of a run that goes on, as many as before.", 256);

    public static Option<int?> Servers { get; } = Size("--servers", $"Parameter servers (processes) to start. Default: {DefaultServers}; of a run that goes on, as many as before.", 64);

    /// <summary>Starts the processes, runs the job to its end, and ends them.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(CommandContext context, RunStart run)
    {
        var started = context.Clock.GetTimestamp();
        using var hold = await context.Waits.DuringAsync("the processes of an earlier command to end", RunHold.TakeAsync(run.Folder, context.Clock, context.Interruption.Requested));
        context.Interruption.EndsInOrder = context.Interruption.HandlesForce = true;
        var plan = new ClusterPlan(
            run.Folder.FullPath,
            context.GetOrDefault(Servers) ?? run.Before?.Servers ?? DefaultServers,
            context.GetOrDefault(Silos) ?? run.Before?.Silos ?? DefaultSilos,
            run.Job.Spec.Determinism)
        {
            SharesMemory = RoleOptions.SharesMemory(context),
        };
        new RunDescription(run.Id, plan.Servers, plan.Silos).Write(run.Folder.Description);
        var display = JobDisplay.For(context);
        display.Note($"starting {plan.Describe()}; logs in {Path.Combine(run.Folder.Shown, "cluster")}");
        await using var cluster = new LocalCluster(plan, SelfExecutable.Current, context.Clock, exit => context.Error.WriteLine(exit.Restart));
        await using var page = await LivePage.OpenAsync(context, Path.GetFileName(run.Folder.FullPath), PageOptions.PortOf(context));
        var ended = await new LocalRun(context, run.Folder, cluster, display) { Watcher = page?.Begin(run.Folder, run.Id, run.Job) }.RunAsync(run.Id, run.Job, run.Resumes);
        Report.Leave(run.Folder.FullPath, context.Error, context.Clock);
        return display.End(ended, context.Clock.GetElapsedTime(started), context.Json ? run.Folder.FullPath : run.Folder.Shown);
    }

    private static Option<int?> Size(string name, string description, int maximum)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "n" };
        SharedOptions.RequireNumber(option, 1, maximum);
        return option;
    }
}
