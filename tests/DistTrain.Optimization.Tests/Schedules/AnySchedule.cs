using CsCheck;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Optimization.Tests.Schedules;

/// <summary>Schedules of the tests, made as the job file makes them.</summary>
internal static class AnySchedule
{
    public static ISchedule Create(string name, IReadOnlyDictionary<string, object> given) =>
        ScheduleCatalog.Create(name, new OptionValues(ScheduleCatalog.Find(name)!.Options, given));

    /// <summary>The options with lengths in <paramref name="unit"/>, "warmup" standing for the warm-up's length in it.</summary>
    public static Dictionary<string, object> In(string unit, IReadOnlyDictionary<string, object> options)
    {
        var given = new Dictionary<string, object>(options) { ["unit"] = unit };
        if (given.Remove("warmup", out var length))
            given[unit == "steps" ? "warmupSteps" : "warmupEpochs"] = length;
        return given;
    }

    /// <summary>A schedule with random options, lengths up to 40 units, and a warm-up of 0 to 20.</summary>
    public static Gen<(string Name, Dictionary<string, object> Options)> Gen { get; } =
        CsCheck.Gen.OneOf([.. ScheduleCatalog.All.Select(Of)]);

    private static Gen<(string Name, Dictionary<string, object> Options)> Of(IScheduleDefinition definition)
    {
        var options = definition.Options
            .Where(o => o.Name is not (ScheduleUnits.Key or WarmUp.EpochsKey or WarmUp.StepsKey))
            .Aggregate(CsCheck.Gen.Const(new Dictionary<string, object>()), (all, option) =>
                CsCheck.Gen.Select(all, Value(option), (given, value) => new Dictionary<string, object>(given) { [option.Name] = value }));
        return CsCheck.Gen.Select(options, CsCheck.Gen.Int[0, 20], (given, warmUp) =>
            (definition.Name, new Dictionary<string, object>(given) { ["warmup"] = (double)warmUp }));
    }

    private static Gen<object> Value(Option option) => option.Kind == OptionKind.Numbers
        ? Number(option).Array[0, 4].Select(n => (object)(IReadOnlyList<double>)[.. n.Distinct().Order()])
        : Number(option).Select(n => (object)n);

    // Whole lengths: a milestone that lies within a step is passed at another time in another unit.
    private static Gen<double> Number(Option option) => double.IsPositiveInfinity(option.Maximum)
        ? CsCheck.Gen.Int[1, 40].Select(n => (double)n).Where(option.Allows)
        : CsCheck.Gen.Double[option.Minimum, option.Maximum].Where(option.Allows);
}
