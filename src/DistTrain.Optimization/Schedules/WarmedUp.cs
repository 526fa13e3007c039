namespace DistTrain.Optimization.Schedules;

/// <summary>A schedule with a gradual warm-up: the one place where the two are put together.</summary>
internal sealed class WarmedUp(ISchedule schedule, WarmUp warmUp, WarmUpPlace place) : ISchedule
{
    public double Factor(in ScheduleTime time) =>
        warmUp.Ramp(time) * schedule.Factor(place == WarmUpPlace.Before ? warmUp.Behind(time) : time);
}
