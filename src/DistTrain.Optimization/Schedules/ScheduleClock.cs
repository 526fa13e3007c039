namespace DistTrain.Optimization.Schedules;

/// <summary>A step as a schedule sees it, in the unit that the schedule counts in.</summary>
/// <param name="Done">What lies between the schedule's start and this step; 0 before the start.</param>
/// <param name="Taken">What this step takes, so that Done + Taken is "t + 1" in steps and in epochs.</param>
/// <param name="Length">From the schedule's start to the job's end; not positive when the schedule starts there.</param>
public readonly record struct ScheduleClock(double Done, double Taken, double Length)
{
    /// <summary>Relative slack of <see cref="HasReached"/>: fractional epochs are sums and quotients, rounded in the last bits.</summary>
    private const double Rounding = 1e-9;

    /// <summary>Share of the schedule that is done, 0 to 1.</summary>
    public double Progress => ProgressOf(Length);

    /// <summary>Share of <paramref name="length"/> that is done, 0 to 1.</summary>
    public double ProgressOf(double length) => Done <= 0 ? 0 : Done >= length ? 1 : Done / length;

    /// <summary>True at <paramref name="milestone"/> and behind it; a step that misses it by rounding only is there.</summary>
    public bool HasReached(double milestone) => Done >= milestone - (Rounding * milestone);

    /// <summary>How many whole times <paramref name="every"/> has passed, rounding forgiven in the same way.</summary>
    public double TimesPassed(double every) => Math.Floor(Done / every * (1 + Rounding));
}
