using System.CommandLine;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain list</c>: the jobs of a running cluster.</summary>
internal static class ListCommand
{
    public static Command Create() => new Command("list", "List the jobs of a running cluster, in order of submission.")
    {
        SharedOptions.Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        using var cluster = ClientOptions.Open(context);
        var all = await context.AnswerAsync(context.Get(SharedOptions.Endpoint), cluster.ListAsync(context.Interruption.Requested));
        var width = Math.Max(3, all.Select(job => job.JobId.Length).DefaultIfEmpty().Max());
        if (!context.Json)
            await context.Output.WriteLineAsync(all.Count == 0 ? "no jobs" : JobEntry.Header(width));
        foreach (var job in all)
            context.Print(JobEntry.Event(job), JobEntry.Line(job, width));
        return ExitCode.Done;
    }
}
