namespace DistTrain.Worker.Ranks;

/// <summary>What a rank's exchange of moments has cost so far, the waiting for slower ranks included.</summary>
internal sealed class MomentTraffic
{
    /// <summary>Round trips whose times are kept: the last ones.</summary>
    private const int Kept = 4096;

    private readonly double[] _milliseconds = new double[Kept];

    /// <summary>Exchanges: one message each way.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of the rank's messages.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes of the answers.</summary>
    public long Received { get; private set; }

    /// <summary>Counts one exchange.</summary>
    public void Add(TimeSpan roundTrip, int sent, int received)
    {
        _milliseconds[Count % Kept] = roundTrip.TotalMilliseconds;
        Count++;
        Sent += sent;
        Received += received;
    }

    /// <summary>A quantile of the last round trips, in milliseconds; the nearest rank.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double Quantile(double share)
    {
        var sorted = _milliseconds.AsSpan(0, (int)Math.Min(Count, Kept)).ToArray();
        Array.Sort(sorted);
        return sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }
}
