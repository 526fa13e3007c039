using System.Runtime.CompilerServices;
using DistTrain.Cli.Invocation;
using DistTrain.Observability;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Jobs;

/// <summary>
/// Follows a job until it ends, through lost connections: attaches again after a growing wait, at the next silo of the
/// list, from the first step not seen yet.
/// </summary>
internal sealed class JobFollower(IReadOnlyList<FrontDoor> silos, TimeProvider clock) : IDisposable
{
    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(5));

    private readonly JobsChannel[] _channels = [.. silos.Select(silo => new JobsChannel(silo))];

    /// <summary>How long the cluster may be silent in failure before the command gives up; the job itself goes on.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>True when the cluster is known to be there; otherwise the first failure already ends the command.</summary>
    public bool Attached { get; init; }

    /// <summary>Told when there is no word of the job; null: nobody is.</summary>
    public Waits? Waits { get; init; }

    /// <summary>Each event once and in order; the last one is the state in which the job ended.</summary>
    /// <param name="job">Id.</param>
    /// <param name="fromStep">First step that is wanted.</param>
    /// <exception cref="CommandException">There is no such cluster or job, or the cluster stays away.</exception>
    public async IAsyncEnumerable<JobEvent> FollowAsync(
        string job, long fromStep, [EnumeratorCancellation] CancellationToken cancel)
    {
        var position = new WatchPosition(fromStep);
        var attached = Attached;
        var failures = 0;
        var lost = clock.GetTimestamp();
        IDisposable? wait = null;
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                var channel = _channels[attempt % _channels.Length];
                using var watch = new WatchAttempt(channel, job, position.NextStep, cancel);
                while (await watch.ReadAsync() is { } next)
                {
                    attached = true;
                    failures = 0;
                    wait?.Dispose();
                    wait = null;
                    if (position.Accept(next))
                        yield return next;
                    if (position.Ended)
                        yield break;
                }

                if (!attached && watch.Failure is { } failure)
                    throw RpcFailure.Explain(failure, channel.Endpoint);
                if (failures++ == 0)
                    (lost, wait) = (clock.GetTimestamp(), Waits?.Begin($"word of job {job} from {channel.Endpoint} ({CallFailure.Reason(watch.Failure)})"));
                if (clock.GetElapsedTime(lost) > Patience)
                {
                    throw CommandException.Failed(
                        $"no word from {channel.Endpoint} for {Patience.TotalSeconds:0} s ({CallFailure.Reason(watch.Failure)}); "
                        + $"job {job} may still be running");
                }

                await Task.Delay(Pauses.After(failures), clock, cancel);
            }
        }
        finally
        {
            wait?.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }
}
