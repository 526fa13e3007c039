namespace DistTrain.Optimization.Schedules;

/// <summary>Where a step stands in its job, in steps and in epochs.</summary>
/// <param name="Step">Number of updates done before this one.</param>
/// <param name="Epoch">Fractional epochs done before this step.</param>
/// <param name="StepEpochs">Epochs that this step takes: its examples over those of the training set.</param>
/// <param name="TotalSteps">Steps of the whole job.</param>
/// <param name="TotalEpochs">Epochs of the whole job, fractional.</param>
public readonly record struct ScheduleTime(long Step, double Epoch, double StepEpochs, long TotalSteps, double TotalEpochs)
{
    /// <summary>Where the schedule's clock starts, in steps; not always a whole number.</summary>
    public double StartStep { get; private init; }

    /// <summary>The same in epochs.</summary>
    public double StartEpoch { get; private init; }

    /// <summary>The clock of a schedule that counts in <paramref name="unit"/>.</summary>
    public ScheduleClock In(ScheduleUnit unit) => unit == ScheduleUnit.Steps
        ? new ScheduleClock(Math.Max(0, Step - StartStep), 1, TotalSteps - StartStep)
        : new ScheduleClock(Math.Max(0, Epoch - StartEpoch), StepEpochs, TotalEpochs - StartEpoch);

    /// <summary>This time for a schedule that starts <paramref name="length"/> after the job: until then its clock stands at 0.</summary>
    /// <remarks>The other unit's start follows from the job's mean step, exact when an epoch is a whole number of steps.</remarks>
    public ScheduleTime StartingAt(double length, ScheduleUnit unit)
    {
        var steps = unit == ScheduleUnit.Steps ? length : length * TotalSteps / TotalEpochs;
        var epochs = unit == ScheduleUnit.Epochs ? length : length * TotalEpochs / TotalSteps;
        return this with { StartStep = steps, StartEpoch = epochs };
    }
}
