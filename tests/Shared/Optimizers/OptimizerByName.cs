using System.Numerics;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;

namespace DistTrain.Tests.Optimizers;

/// <summary>An optimizer of the catalog under given options, checked as a job file would be.</summary>
internal static class OptimizerByName
{
    /// <exception cref="InvalidOperationException">No such optimizer or option, or a value that it does not allow.</exception>
    public static IOptimizer<T> Create<T>(string name, IReadOnlyDictionary<string, object> options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var definition = OptimizerCatalog.Find(name) ?? throw new InvalidOperationException($"the catalog has no '{name}'");
        foreach (var (key, value) in options)
        {
            var option = definition.Options.FirstOrDefault(o => o.Name == key) ?? throw new InvalidOperationException($"{name} has no option '{key}'");
            if (!IsAllowed(option, value))
                throw new InvalidOperationException($"{name}.{key} = {value} is not {option.Rule}");
        }

        return definition.Create<T>(new OptionValues(definition.Options, options));
    }

    private static bool IsAllowed(Option option, object value) => option.Kind switch
    {
        OptionKind.Number => value is double number && option.Allows(number),
        OptionKind.Flag => value is bool,
        OptionKind.Choice => value is string choice && option.Choices.Contains(choice),
        _ => value is IReadOnlyList<string> names && names.All(option.Choices.Contains),
    };
}
