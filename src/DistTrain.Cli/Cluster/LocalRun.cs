using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Output;
using DistTrain.Client;
using DistTrain.Page.Data;
using DistTrain.Protocol.Clients;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// One job on a cluster of its own: 1 start the processes → 2 submit → 3 follow → 4 fetch the model → 5 end the processes → 6 curves for TensorBoard.
/// Whatever happens in between, 5 and 6 come. The folder's log tells what happened.
/// </summary>
internal sealed class LocalRun(CommandContext context, RunFolder folder, LocalCluster cluster, IJobDisplay display)
{
    /// <summary>Of the ten seconds in which everything is gone after Ctrl-C, the processes need most.</summary>
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(1);

    /// <summary>About twenty seconds, in which a process that was lost is back.</summary>
    private const int FetchAttempts = 8;

    private static readonly Backoff FetchWaits = new(TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(5));

    private readonly CancellationToken _requested = context.Interruption.Requested;
    private bool _submitted;

    /// <summary>Who looks on; null: nobody.</summary>
    public IRunWatcher? Watcher { get; init; }

    /// <param name="id">The job's id.</param>
    /// <param name="job">The job.</param>
    /// <param name="resumes">It goes on from its newest checkpoint.</param>
    /// <returns>The state in which the job ended: completed, failed or cancelled.</returns>
    public async Task<JobSummary> RunAsync(string id, TrainingJob job, bool resumes = false)
    {
        // At once, wherever the run is just then, and on standard error: it is for who pressed Ctrl-C, whatever the output is for.
        using var said = _requested.Register(SayWhatEnds);
        using var diary = new RunDiary(folder, context.Clock, Watcher);
        cluster.Happened = diary.Tell;
        diary.Tell(RunLogKind.Started, $"{RunDiary.Machine}; {cluster.Description}");
        var last = new JobSummary { State = JobState.Failed, Error = "its command ended before it did" };
        try
        {
            // 1
            await context.Waits.DuringAsync("the processes to listen", cluster.StartAsync(_requested));
            last = await BeforeUnexpectedExitAsync(id, job, resumes, diary);
            // 4
            if (last.State == JobState.Completed && !File.Exists(folder.Model))
                await FetchAsync(id, isAnswered: job.Spec is { Device: not DeviceKinds.Auto, MicroBatch: not MicroBatches.Open });
            return last;
        }
        catch (OperationCanceledException) when (_requested.IsCancellationRequested)
        {
            await CancelAsync(id);
            return last = new JobSummary { JobId = id, State = JobState.Cancelled };
        }
        finally
        {
            cluster.Happened = null;
            diary.Tell(RunLogKind.Ended, last.Error is { } error ? $"{last.State.Name()}: {error.ReplaceLineEndings(" ")}" : last.State.Name());
            // 5
            await cluster.StopAsync(context.Interruption.Forced);
            // 6
            Curves.Write(folder.FullPath, context.Error);
        }
    }

    // A process that ends is started again; one that ends each time ends the run.
    private async Task<JobSummary> BeforeUnexpectedExitAsync(string id, TrainingJob job, bool resumes, RunDiary diary)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_requested);
        var ended = SubmitAndFollowAsync(id, job, resumes, diary, cancel.Token);
        if (await Task.WhenAny(ended, cluster.UnexpectedExit) == ended)
            return await ended;
        await cancel.CancelAsync();
        await ended.ContinueWith(_ => { }, TaskScheduler.Default);
        _requested.ThrowIfCancellationRequested();
        var exit = await cluster.UnexpectedExit;
        await context.Error.WriteLineAsync(exit.Report);
        return new JobSummary { JobId = id, State = JobState.Failed, Error = $"{exit.Summary}; see {exit.LogFile}" };
    }

    private async Task<JobSummary> SubmitAndFollowAsync(string id, TrainingJob job, bool resumes, RunDiary diary, CancellationToken cancel)
    {
        // 2
        using var client = ClusterClient.OfLocal(cluster.Silos, context.Clock);
        _submitted = true;
        if (resumes)
            await context.AnswerAsync(cluster.Silos[0], client.ResumeAsync(id, JobFile.Write(job), cancel));
        else
            await context.AnswerAsync(cluster.Silos[0], client.SubmitAsync(JobFile.Write(job), id, cancel));
        display.Submitted(id);
        // 3
        using var wait = new WatchWait(context.Waits);
        return await display.FollowAsync(diary.Keep(client.WatchAsync(id, wait.Of(new WatchOptions { IsKnown = true }), cancel), cancel), cancel);
    }

    // A silo, or the server behind it, may be lost after the last step too: the next one is asked, and waited for. What the job left open, its file says now.
    private async Task FetchAsync(string id, bool isAnswered)
    {
        using var client = ClusterClient.OfLocal(cluster.Silos, context.Clock);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await context.Waits.DuringAsync(
                    $"the files of job {id}", client.DownloadAsync(id, folder.FullPath, name => !File.Exists(Path.Combine(folder.FullPath, name)) || (!isAnswered && name == Path.GetFileName(folder.Job)), _requested));
                return;
            }
            catch (DistTrainException) when (attempt < FetchAttempts)
            {
                await Task.Delay(FetchWaits.After(attempt), context.Clock, _requested);
            }
        }
    }

    private void SayWhatEnds() =>
        context.Error.WriteLine($"{(_submitted ? "cancelling the job and ending its processes" : "ending the processes")}, in 10 s at most; Ctrl-C again kills them at once");

    private async Task CancelAsync(string id)
    {
        if (!_submitted)
            return;
        try
        {
            using var client = ClusterClient.OfLocal(cluster.Silos, context.Clock, CancelLimit);
            await context.AnswerAsync(cluster.Silos[0], client.CancelAsync(id, context.Interruption.Forced));
        }
        catch (DistTrainException)
        {
            // The processes end anyway; the job's record may say "running" in a folder that nothing serves.
        }
        catch (OperationCanceledException) when (context.Interruption.Forced.IsCancellationRequested)
        {
            // Killed at once, as asked.
        }
    }
}
