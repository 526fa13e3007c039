using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using DistTrain.Operator.Hosting;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Operator.Reconciling;

/// <summary>Follows one job at the front door until it ends, through lost connections, from the first step not seen yet.</summary>
/// <param name="jobs">The front door.</param>
/// <param name="job">Id.</param>
/// <param name="fromStep">First step that is wanted.</param>
/// <param name="options">Says how long to wait at most.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="changed">Called when <see cref="Current"/> is another.</param>
internal sealed class JobFollowing(ClusterJobs jobs, string job, long fromStep, OperatorOptions options, TimeProvider clock, Action changed)
{
    private readonly WatchPosition _position = new(fromStep);
    private readonly Backoff _waits = new(TimeSpan.FromSeconds(0.5), options.LongestWait);

    private readonly ConcurrentQueue<LogLine> _lines = new();

    private volatile JobProgress _current = new();

    public JobProgress Current => _current;

    /// <summary>The oldest line of the job's log that was not taken yet.</summary>
    public bool TryTakeLine([NotNullWhen(true)] out LogLine? line) => _lines.TryDequeue(out line);

    /// <summary>Returns when the job has ended, or the cluster has no record of it.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var failures = 0;
        while (true)
        {
            var trouble = await AttachAsync(() => failures = 0, stop);
            if (_current.HasEnded || _current.IsLost)
                return;
            Become(_current with { Trouble = trouble });
            await Task.Delay(_waits.After(++failures), clock, stop);
        }
    }

    /// <summary>One attempt; returns why it ended.</summary>
    private async Task<ClusterAnswer> AttachAsync(Action attached, CancellationToken stop)
    {
        try
        {
            using var call = jobs.Watch(job, _position.NextStep, stop);
            while (await call.ResponseStream.MoveNext(stop))
            {
                var next = call.ResponseStream.Current;
                var isNews = _position.Accept(next);
                if (isNews && next.Log is { } line)
                    _lines.Enqueue(line);
                if (isNews)
                    attached();
                if (isNews || _current.Trouble is not null)
                    Become((isNews ? _current.After(next) : _current) with { Trouble = null });
                if (_current.HasEnded)
                    break;
            }

            return new ClusterAnswer(ClusterAnswerKind.Away, CallFailure.Reason(null));
        }
        catch (RpcException e) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, stop);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            Become(_current with { IsLost = true });
            return ClusterAnswer.Of(e);
        }
        catch (RpcException e)
        {
            return ClusterAnswer.Of(e);
        }
    }

    private void Become(JobProgress next)
    {
        _current = next;
        changed();
    }
}
