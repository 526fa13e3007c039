using System.Text.Json.Nodes;
using DistTrain.Page.Serving;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Jobs.Driving;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Viewing;

/// <summary>The runs that somebody looks at here: each is followed once, as a client follows it, however many look, and for a minute after the last one.</summary>
/// <param name="follower">Follows them.</param>
/// <param name="clock">Ends what nobody looks at.</param>
/// <param name="time">Measures pauses, and dates pages.</param>
/// <param name="program">Version of the program.</param>
/// <param name="logger">Told of what nobody has foreseen.</param>
/// <param name="ends">Ends all.</param>
internal sealed partial class WatchedRuns(JobFollower follower, JobClock clock, TimeProvider time, string program, ILogger<WatchedRuns> logger, CancellationToken ends)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1), Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watched> _runs = [];

    /// <summary>What is known of a job's run; followed from now on if it was not.</summary>
    /// <param name="job">The viewer's to see.</param>
    public PageStore Of(JobDescription job)
    {
        lock (_gate)
        {
            // One that had ended and was resumed is followed anew.
            if (!_runs.TryGetValue(job.JobId, out var watched) || (watched.Follows.IsCompleted && !job.Phase.HasEnded()))
                _runs[job.JobId] = watched = Begin(job);
            watched.Asked = clock.Now;
            return watched.Store;
        }
    }

    /// <summary>A viewer is still there.</summary>
    public void Touch(string jobId)
    {
        lock (_gate)
        {
            if (_runs.TryGetValue(jobId, out var watched))
                watched.Asked = clock.Now;
        }
    }

    /// <summary>Lets go of what nobody has looked at for long.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            foreach (var (id, watched) in _runs.Where(run => clock.Now - run.Value.Asked > Kept).ToList())
            {
                watched.Ends.Cancel();
                _runs.Remove(id);
            }
        }
    }

    private Watched Begin(JobDescription job)
    {
        var values = JobFile.Read(job.JobFile, job.JobId, []).Job is { } read ? JobFile.Values(read) : new Dictionary<string, string>();
        var run = new LiveRun(job.JobId, job.JobId, job.JobFile, values);
        run.Know(job.Data is { } data ? JsonNode.Parse(data.Summary) : null);
        var store = new PageStore(job.JobId, program, time);
        store.Begin(run);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(ends);
        return new Watched(store, FollowAsync(job.JobId, new RunFeed(run, store), stop.Token), stop);
    }

    private async Task FollowAsync(string jobId, RunFeed feed, CancellationToken stop)
    {
        // The caller holds the lock.
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await follower.FollowAsync(jobId, feed.NextStep, feed, stop);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is RpcException or OrleansException or TimeoutException or OperationCanceledException)
            {
                // The cluster is finding its feet: what was told stays, and the rest comes.
                await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                // The edge: nobody waits for this.
                NotFollowed(logger, jobId, e);
                return;
            }
        }
    }

    [LoggerMessage(4010, LogLevel.Error, "Job {Job}: its page can't be told more")]
    private static partial void NotFollowed(ILogger logger, string job, Exception exception);

    private sealed class Watched(PageStore store, Task follows, CancellationTokenSource ends)
    {
        public PageStore Store { get; } = store;

        public Task Follows { get; } = follows;

        public CancellationTokenSource Ends { get; } = ends;

        public TimeSpan Asked { get; set; }
    }
}
