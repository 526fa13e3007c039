using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Schedules;

/// <summary>The base rate throughout.</summary>
public sealed class Constant : IScheduleDefinition, ISchedule
{
    public string Name => "constant";

    public string Summary => "The base rate throughout; the default.";

    public string Source => "gradient descent";

    public IReadOnlyList<Option> Options => WarmUp.Options;

    public WarmUpPlace WarmUpPlace => WarmUpPlace.Within;

    public ISchedule Create(OptionValues options) => this;

    public double Factor(in ScheduleTime time) => 1;
}
