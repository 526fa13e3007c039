using System.Runtime.CompilerServices;
using DistTrain.Protocol.Clients;

namespace DistTrain.Client.Calls;

/// <summary>
/// Follows a job until it ends, through lost connections: attaches again after a growing wait, at the next silo, from the first step not seen yet.
/// </summary>
/// <param name="silos">Where it may be followed.</param>
/// <param name="job">Its id.</param>
/// <param name="options">How.</param>
/// <param name="clock">Measures waits.</param>
internal sealed class JobWatch(Silos silos, string job, WatchOptions options, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.25);

    private readonly Backoff _pauses = new(FirstPause, options.LongestPause);

    /// <summary>Each event once and in order; the last one is the state in which the job ended.</summary>
    /// <exception cref="DistTrainException">There is no such cluster or job, or the cluster stays away.</exception>
    public async IAsyncEnumerable<JobEvent> FollowAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var position = new WatchPosition(options.FromStep);
        var isKnown = options.IsKnown;
        var failures = 0;
        var lost = clock.GetTimestamp();
        while (true)
        {
            var silo = silos.Current;
            using var attempt = new WatchAttempt(silo, job, position.NextStep, cancel);
            while (await attempt.ReadAsync().ConfigureAwait(false) is { } next)
            {
                isKnown = true;
                if (failures > 0)
                    options.Reconnected?.Invoke();
                failures = 0;
                if (position.Accept(next))
                    yield return WireMapping.Of(next);
                if (position.Ended)
                    yield break;
            }

            if (!isKnown && attempt.Failure is { } failure)
                throw CallProblem.Of(failure, silo.Endpoint);
            if (failures++ == 0)
                lost = clock.GetTimestamp();
            var reason = CallFailure.Reason(attempt.Failure);
            if (options.Patience >= TimeSpan.Zero && clock.GetElapsedTime(lost) > options.Patience)
                throw Silent($"no word from {silo.Endpoint} for {options.Patience.TotalSeconds:0} s ({reason}); job {job} may still be running", attempt);
            options.Reconnecting?.Invoke(Silent($"no word of job {job} from {silo.Endpoint} ({reason})", attempt));
            silos.PassOver(silo);
            await Task.Delay(_pauses.After(failures), clock, cancel).ConfigureAwait(false);
        }
    }

    private static DistTrainException Silent(string problem, WatchAttempt attempt) => new(ClusterFailure.NoAnswer, [problem], attempt.Failure);
}
