using System.Globalization;
using System.Text.RegularExpressions;

namespace DistTrain.Optimization.Tests.Schedules;

/// <summary>The options of the job file that a case of <c>schedules.json</c> stands for, read from its name.</summary>
internal static partial class ScheduleVectorCase
{
    /// <param name="name">Name of the case, e.g. <c>multistep_30_60_80_0.1</c>.</param>
    /// <param name="rule">Its rule in words: the one with milestones says them only there.</param>
    /// <param name="rate">Base rate: names give absolute rates.</param>
    /// <param name="warmUp">Length of the warm-up, for the cases that have one.</param>
    public static (string Schedule, Dictionary<string, object> Options) Options(string name, string rule, double rate, double warmUp)
    {
        var options = new Dictionary<string, object>();
        var rest = name;
        if (WarmUpPart().Match(name) is { Success: true } start)
        {
            options["warmup"] = warmUp;
            if (start.Groups["from"].Success)
                options["warmupFrom"] = Number(start.Groups["from"].Value) / rate;
            rest = name[start.Length..];
        }

        var parts = rest.Split('_');
        switch (parts)
        {
            case ["const"]:
                return ("constant", options);
            case ["step", var every, var factor]:
                return ("step", new(options) { ["every"] = Number(every), ["factor"] = Number(factor) });
            case ["multistep", _, .., var factor]:
                return ("multi-step", new(options) { ["milestones"] = Numbers(parts[1..^1]), ["factor"] = Number(factor) });
            case ["multistep"] when MilestonesInRule().Match(rule) is { Success: true } said:
                return ("multi-step", new(options) { ["milestones"] = Numbers(said.Groups["at"].Value.Split(',')), ["factor"] = Number(said.Groups["factor"].Value) });
            case ["cosine"]:
                return ("cosine", options);
            case ["cosine", var length]:
                return ("cosine", new(options) { ["length"] = Number(length) });
            case ["cosine", var length, "min", var minimum]:
                return ("cosine", new(options) { ["length"] = Number(length), ["minimum"] = Number(minimum) / rate });
            case ["exponential", var factor]:
                return ("exponential", new(options) { ["factor"] = Number(factor) });
            case ["poly", var power]:
                return ("polynomial", new(options) { ["power"] = Number(power) });
            case ["inv", "sqrt", "warm"]:
                return ("noam", new(options) { ["warmup"] = warmUp });
            default:
                throw new NotSupportedException($"no schedule implements the case '{name}': teach {nameof(ScheduleVectorCase)} its options");
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static IReadOnlyList<double> Numbers(IEnumerable<string> texts) => [.. texts.Select(Number)];

    [GeneratedRegex("^warmup_(from_(?<from>[0-9.]+)_|linear_)?then_", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WarmUpPart();

    [GeneratedRegex(@"base\*(?<factor>[0-9.]+)\^\(milestones passed, milestones (?<at>[0-9.]+(,[0-9.]+)*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MilestonesInRule();
}
