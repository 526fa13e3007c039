using System.Diagnostics;
using DistTrain.Observability.Traces;

namespace DistTrain.Observability.Tests.Traces;

[Trait("Kind", "Fast")]
public class SpanClockTests
{
    [Fact]
    public void Times_keep_the_distances_of_their_timestamps()
    {
        var time = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
        var clock = new SpanClock(time, Timestamp: 10 * Stopwatch.Frequency);
        Assert.Equal(time, clock.At(10 * Stopwatch.Frequency));
        Assert.Equal(time.AddSeconds(-3), clock.At(7 * Stopwatch.Frequency));
        Assert.Equal(time.AddSeconds(1.5), clock.At(23 * Stopwatch.Frequency / 2));
    }
}
