using System.CommandLine;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Client;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain cancel</c>: ends a queued or running job.</summary>
internal static class CancelCommand
{
    public static Command Create() => new Command("cancel", "Cancel a queued or running job. A job that has ended stays as it is.")
    {
        SharedOptions.Job,
        SharedOptions.Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        using var cluster = ClientOptions.Open(context);
        var job = await context.AnswerAsync(context.Get(SharedOptions.Endpoint), cluster.CancelAsync(context.Get(SharedOptions.Job), context.Interruption.Requested));
        context.Print(JobEntry.Event(job), job.State switch
        {
            JobState.Completed or JobState.Failed => $"job {job.JobId} had already {job.State.Name()}",
            JobState.Cancelled => $"job {job.JobId} is cancelled",
            _ => $"job {job.JobId} is being cancelled",
        });
        return ExitCode.Done;
    }
}
