using System.Diagnostics;

namespace DistTrain.Observability.Traces;

/// <summary>Which time of day a timestamp was. One reading for all spans of a step: they keep their distances.</summary>
internal readonly record struct SpanClock(DateTimeOffset Time, long Timestamp)
{
    public static SpanClock Now() => new(TimeProvider.System.GetUtcNow(), Stopwatch.GetTimestamp());

    public DateTimeOffset At(long timestamp) => Time - Stopwatch.GetElapsedTime(timestamp, Timestamp);
}
