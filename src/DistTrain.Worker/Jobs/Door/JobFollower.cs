using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Jobs.Servers;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Turns a job's record and its leader's history into one stream of events, from any step, until the job has ended.</summary>
internal sealed class JobFollower(IGrainFactory grains, IHostApplicationLifetime silo, PeerChannels peers, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <exception cref="RpcException">NOT_FOUND: no such job.</exception>
    public async Task<JobDescription> DescribeAsync(string jobId)
    {
        var job = await grains.GetGrain<IJobGrain>(jobId).DescribeAsync();
        return job.Exists ? job : throw new RpcException(new Status(StatusCode.NotFound, $"there is no job '{jobId}'"));
    }

    /// <summary>Writes the job's state, each committed step from <paramref name="fromStep"/> on once and in order, evaluations, log lines, and where its ranks' time goes.</summary>
    /// <remarks>When this silo leaves it ends, and the watcher attaches to another.</remarks>
    public async Task FollowAsync(string jobId, long fromStep, IServerStreamWriter<JobEvent> writer, CancellationToken watching)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(watching, silo.ApplicationStopping);
        using var events = new EventWriter(writer, end.Token);
        var progress = new HistoryPosition(fromStep);
        var relay = Task.CompletedTask;
        var job = await DescribeAsync(jobId).WaitAsync(end.Token);
        try
        {
            while (true)
            {
                await events.TellAsync(job);
                if (job.Phase.HasEnded())
                    break;
                if (job.TotalSteps > 0 && relay.IsCompleted)
                {
                    await relay;
                    relay = RelayHistoryAsync(job, progress, events, end.Token);
                }

                await Task.Delay(LookInterval, time, end.Token);
                job = await LookAgainAsync(job).WaitAsync(end.Token);
            }

            await relay;
            // What came since: what was seen is not told again.
            if (job.TotalSteps > 0)
                await RelayHistoryAsync(job, progress, events, end.Token);
            await events.WriteAsync(new JobEvent { Summary = JobMapping.ToSummary(job) });
        }
        finally
        {
            await end.CancelAsync();
            await relay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>While the job's grain is on its way to another silo, its last description holds; the history goes on meanwhile.</summary>
    private async Task<JobDescription> LookAgainAsync(JobDescription last)
    {
        try
        {
            return await DescribeAsync(last.JobId);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return last;
        }
    }

    /// <summary>Relays until the leader says that nothing more comes, or goes away; either way the job's record is looked at again.</summary>
    private async Task RelayHistoryAsync(JobDescription job, HistoryPosition progress, EventWriter events, CancellationToken cancellation)
    {
        using var leader = new ServerControl([job.Servers[0]], peers, time);
        try
        {
            using var call = leader.WatchMetrics(job.JobId, progress.NextStep, cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                if (progress.Pass(call.ResponseStream.Current) is { } metrics)
                    await events.WriteAsync(metrics);
            }
        }
        catch (RpcException e) when ((e.IsAway() || e.StatusCode is StatusCode.NotFound) && !cancellation.IsCancellationRequested)
        {
            // Not open yet, or the leader is being replaced.
        }
    }

    /// <summary>A watcher's stream, which takes one event at a time, and what it was told of the job's state and log.</summary>
    private sealed class EventWriter(IServerStreamWriter<JobEvent> writer, CancellationToken cancellation) : IDisposable
    {
        private readonly SemaphoreSlim _turn = new(1);
        // Lines, not their number: the grain's log begins anew when it is lost with its silo.
        private readonly HashSet<JobLogLine> _said = [];
        private (JobPhase Phase, long TotalSteps, string? Waits)? _told;
        private RankTimings _timings = new();

        public void Dispose() => _turn.Dispose();

        public async Task WriteAsync(JobEvent next)
        {
            await _turn.WaitAsync(cancellation);
            try
            {
                await writer.WriteAsync(next, cancellation);
            }
            finally
            {
                _turn.Release();
            }
        }

        /// <summary>Log lines not told yet, and the state, what is waited for and where time goes, where they have changed; the state of a job that has ended comes last, after its history.</summary>
        public async Task TellAsync(JobDescription job)
        {
            foreach (var line in job.Log.Where(_said.Add))
                await WriteAsync(new JobEvent { Log = JobMapping.ToLine(line) });
            if (_told != (job.Phase, job.TotalSteps, job.Waits) && !job.Phase.HasEnded())
                await WriteAsync(new JobEvent { Summary = JobMapping.ToSummary(job) });
            _told = (job.Phase, job.TotalSteps, job.Waits);
            // Where the time of the last steps went stays true when there are no more.
            var timings = StepTime.Of(job);
            if (timings.Ranks.Count == 0)
                timings.Ranks.Add(_timings.Ranks);
            if (!timings.Equals(_timings))
                await WriteAsync(new JobEvent { Ranks = _timings = timings });
        }
    }

    /// <summary>What a watcher has seen: nothing is sent twice when the history is read again.</summary>
    private sealed class HistoryPosition(long fromStep)
    {
        private long _evaluated = -1;
        private long _validated = -1;
        private long _probed = -1;

        public long NextStep { get; private set; } = fromStep;

        public JobEvent? Pass(MetricsEvent metrics)
        {
            if (metrics.Step is { } step)
            {
                if (step.Step < NextStep)
                    return null;
                NextStep = step.Step + 1;
                return new JobEvent { Step = step };
            }

            if (metrics.Validation is { } validation && validation.Step > _validated)
            {
                _validated = validation.Step;
                return new JobEvent { Validation = validation };
            }

            if (metrics.Probe is { } probe && probe.Step > _probed)
            {
                _probed = probe.Step;
                return new JobEvent { Probe = probe };
            }

            // Steps that take statistics are for those who check the ledger.
            if (metrics.Evaluation is not { } evaluation || evaluation.Step <= _evaluated)
                return null;
            _evaluated = evaluation.Step;
            return new JobEvent { Evaluation = evaluation };
        }
    }
}
