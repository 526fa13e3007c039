using System.CommandLine;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Client;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain watch</c>: follows a job of a running cluster.</summary>
internal static class WatchCommand
{
    private static readonly Option<int> FromStep = SharedOptions.Number("--from-step", "First step whose metrics are wanted; 0 for all.", 0, 0);

    public static Command Create() => new Command("watch", "Follow a job until it ends. Ctrl-C ends the watching, not the job.")
    {
        SharedOptions.Job,
        SharedOptions.Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
        FromStep,
    }.Does(RunAsync);

    /// <summary>Shows a job until it ends.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> FollowAsync(CommandContext context, DistTrainClient cluster, IJobDisplay display, string job, long fromStep)
    {
        var started = context.Clock.GetTimestamp();
        var endpoint = context.Get(SharedOptions.Endpoint);
        var cancel = context.Interruption.Requested;
        using var wait = new WatchWait(context.Waits);
        try
        {
            var ended = await display.FollowAsync(cluster.WatchAsync(job, wait.Of(new WatchOptions { FromStep = fromStep }), cancel), cancel);
            return display.End(ended, context.Clock.GetElapsedTime(started), null);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await context.Error.WriteLineAsync(
                $"job {job} goes on; 'disttrain cancel {job} --endpoint {endpoint}' would end it");
            throw;
        }
    }

    private static async Task<int> RunAsync(CommandContext context)
    {
        using var cluster = ClientOptions.Open(context);
        return await FollowAsync(context, cluster, JobDisplay.For(context), context.Get(SharedOptions.Job), context.Get(FromStep));
    }
}
