namespace DistTrain.Worker.Jobs;

/// <summary>
/// The clock that decisions about jobs go by. It is not the silo's <see cref="TimeProvider"/>: that one is Orleans' too, and where a test stops the time of
/// jobs, silos still have to see each other live.
/// </summary>
/// <param name="time">What it reads.</param>
internal sealed class JobClock(TimeProvider time)
{
    /// <summary>A time that only grows, for limits.</summary>
    public TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>The time of day, for people.</summary>
    public DateTimeOffset UtcNow => time.GetUtcNow();
}
