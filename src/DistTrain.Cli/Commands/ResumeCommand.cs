using System.CommandLine;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain resume</c>: goes on with a run that was cut short, from its newest checkpoint.</summary>
internal static class ResumeCommand
{
    private static readonly Argument<string> Run = new("run")
    {
        Description = "A run's folder; with --endpoint, the id of a job that failed or was cancelled.",
    };

    private static readonly Option<Endpoint?> Endpoint = new("--endpoint")
    {
        Description = "Any worker silo of the cluster that has the job; without it, a local cluster is started as by train.",
        HelpName = "host:port",
        CustomParser = result => SharedOptions.ParseEndpoint(result, result.Tokens[0].Value),
    };

    public static Command Create() => new Command(
        "resume", "Go on with a run that was killed, cancelled or failed, from its newest checkpoint: the result is that of a run never disturbed.")
    {
        Run,
        SharedOptions.Set,
        LocalOptions.Silos,
        LocalOptions.Servers,
        RoleOptions.SharedMemory,
        PageOptions.Page,
        Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        if (context.GetOrDefault(Endpoint) is { } endpoint)
            return await AskAsync(context, endpoint);
        return await LocalOptions.RunAsync(context, RunStart.Resumed(context.Get(Run), context.Get(SharedOptions.Set), context.Error, context.Clock));
    }

    private static async Task<int> AskAsync(CommandContext context, Endpoint endpoint)
    {
        if (context.Get(SharedOptions.Set).Length > 0)
            throw CommandException.BadInput("--set has no effect with --endpoint: the cluster has the job file");
        using var cluster = ClientOptions.Open(context, endpoint);
        var job = await context.AnswerAsync(endpoint, cluster.ResumeAsync(context.Get(Run), cancel: context.Interruption.Requested));
        context.Print(JobEntry.Event(job), $"job {job.JobId} is {job.State.Name()}");
        return ExitCode.Done;
    }
}
