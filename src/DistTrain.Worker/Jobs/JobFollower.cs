using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.Worker.Jobs;

/// <summary>Turns a job's record and its leader's history into one stream of events, from any step, until the job has ended.</summary>
internal sealed class JobFollower(IGrainFactory grains, TimeProvider time)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <exception cref="RpcException">NOT_FOUND: no such job.</exception>
    public async Task<JobDescription> DescribeAsync(string jobId)
    {
        var job = await grains.GetGrain<IJobGrain>(jobId).DescribeAsync();
        return job.Exists ? job : throw new RpcException(new Status(StatusCode.NotFound, $"there is no job '{jobId}'"));
    }

    /// <summary>Writes the job's state, each committed step from <paramref name="fromStep"/> on once and in order, evaluations and log lines.</summary>
    public async Task FollowAsync(string jobId, long fromStep, IServerStreamWriter<JobEvent> writer, CancellationToken cancellation)
    {
        var (told, said) = (((JobPhase Phase, long TotalSteps)?)null, 0);
        var progress = new HistoryPosition(fromStep);
        while (true)
        {
            var job = await DescribeAsync(jobId);
            // The grain lives elsewhere now, and begins to tell anew.
            if (said > job.Log.Count)
                said = 0;
            for (; said < job.Log.Count; said++)
                await writer.WriteAsync(new JobEvent { Log = new LogLine { Time = job.Log[said].Time, Text = job.Log[said].Text } }, cancellation);
            if (told != (job.Phase, job.TotalSteps) && !HasEnded(job))
                await writer.WriteAsync(new JobEvent { Summary = JobMapping.ToSummary(job) }, cancellation);
            told = (job.Phase, job.TotalSteps);
            if (job.TotalSteps > 0)
                await RelayHistoryAsync(job, progress, writer, cancellation);
            if (HasEnded(job))
            {
                await writer.WriteAsync(new JobEvent { Summary = JobMapping.ToSummary(job) }, cancellation);
                return;
            }

            await Task.Delay(LookInterval, time, cancellation);
        }
    }

    private static bool HasEnded(JobDescription job) => job.Phase is JobPhase.Completed or JobPhase.Failed or JobPhase.Cancelled;

    /// <summary>Relays until the leader says that nothing more comes, or goes away; either way the job's record is looked at again.</summary>
    private async Task RelayHistoryAsync(JobDescription job, HistoryPosition progress, IServerStreamWriter<JobEvent> writer, CancellationToken cancellation)
    {
        using var leader = new ServerControl([job.Servers[0]], time);
        try
        {
            using var call = leader.WatchMetrics(job.JobId, progress.NextStep, cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                if (progress.Pass(call.ResponseStream.Current) is { } metrics)
                    await writer.WriteAsync(metrics, cancellation);
            }
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.NotFound && !cancellation.IsCancellationRequested)
        {
            // Not open yet, or the leader is being replaced.
        }
    }

    /// <summary>What a watcher has seen: nothing is sent twice when the history is read again.</summary>
    private sealed class HistoryPosition(long fromStep)
    {
        private long _evaluated = -1;

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

            if (metrics.Evaluation.Step <= _evaluated)
                return null;
            _evaluated = metrics.Evaluation.Step;
            return new JobEvent { Evaluation = metrics.Evaluation };
        }
    }
}
