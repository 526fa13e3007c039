using System.Diagnostics;

namespace DistTrain.Worker.Ranks;

/// <summary>Measures a rank's steps: a handful of timestamps each. Its thread writes, anybody reads.</summary>
internal sealed class RankTimes
{
    private const double Weight = 0.05;

    private readonly Lock _gate = new();
    private RankStage _stage;
    private long _since = Stopwatch.GetTimestamp();
    private (double Compute, double Push, double Wait, double Pull)? _mean;

    /// <summary>From now on the rank does something else.</summary>
    /// <returns>The timestamp.</returns>
    public long Enter(RankStage stage)
    {
        lock (_gate)
        {
            _stage = stage;
            return _since = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>A step is over.</summary>
    /// <param name="began">When its computation began, as the following a timestamp.</param>
    /// <param name="computed">When the gradient was there.</param>
    /// <param name="pushed">When its last chunk was handed to the transport.</param>
    /// <param name="came">When the first bucket of the next version was there.</param>
    public void Stepped(long began, long computed, long pushed, long came)
    {
        var ended = Enter(RankStage.Other);
        // Buckets may come back before the last one has left.
        var first = Math.Max(pushed, came);
        var step = (Compute: Milliseconds(began, computed), Push: Milliseconds(computed, pushed), Wait: Milliseconds(pushed, first), Pull: Milliseconds(first, ended));
        lock (_gate)
        {
            _mean = _mean is { } mean
                ? (Mix(mean.Compute, step.Compute), Mix(mean.Push, step.Push), Mix(mean.Wait, step.Wait), Mix(mean.Pull, step.Pull))
                : step;
        }
    }

    /// <summary>What is known now.</summary>
    public RankTime Now()
    {
        lock (_gate)
        {
            var (compute, push, wait, pull) = _mean ?? default;
            return new RankTime(_stage, Stopwatch.GetElapsedTime(_since).TotalSeconds, compute, push, wait, pull);
        }
    }

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, Math.Max(from, to)).TotalMilliseconds;

    private static double Mix(double mean, double next) => ((1 - Weight) * mean) + (Weight * next);
}
