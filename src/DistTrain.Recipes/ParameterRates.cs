using System.IO.Enumeration;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes;

/// <summary>Which parameters of a model a job freezes, and what it multiplies the rate of the others by. Known with the model.</summary>
public static class ParameterRates
{
    private const int MostNames = 12;

    /// <summary>The factor on the rate of each segment, by its index in the layout: 0 where it is frozen, else 1 where the job says nothing.</summary>
    public static double[] Of(TrainingSpec spec, ParameterLayout layout) => [.. layout.Segments.Select(segment => Of(spec, segment))];

    /// <summary>What of the job's patterns does not go with its model, each with the key that it is about; empty: all does.</summary>
    public static IEnumerable<string> Problems(TrainingSpec spec, ParameterLayout layout)
    {
        List<Segment> parameters = [.. layout.Segments.Where(segment => !segment.IsBuffer)];
        foreach (var (key, pattern) in spec.Freeze.Select(pattern => ("freeze", pattern)).Concat(spec.Rates.Select(rate => ("rates", rate.Pattern))))
        {
            if (!parameters.Exists(parameter => Matches(pattern, parameter)))
                yield return $"spec.{key}: '{pattern}' matches no parameter; the model has {Names(parameters)}; correct the pattern, or leave it out";
        }

        if (parameters.TrueForAll(parameter => IsFrozen(spec, parameter)))
            yield return "spec.freeze: all parameters are frozen, and nothing would train; leave one free";
        foreach (var parameter in parameters.Where(parameter => !IsFrozen(spec, parameter)))
        {
            List<RateFactor> matching = [.. spec.Rates.Where(rate => Matches(rate.Pattern, parameter))];
            if (matching.Count > 1)
                yield return $"spec.rates: {parameter.Name} matches {string.Join(" and ", matching.Select(rate => $"'{rate.Pattern}'"))}; let one pattern say its factor";
        }
    }

    private static double Of(TrainingSpec spec, Segment segment) => segment.IsBuffer
        ? 1
        : IsFrozen(spec, segment) ? 0 : spec.Rates.FirstOrDefault(rate => Matches(rate.Pattern, segment))?.Factor ?? 1;

    private static bool IsFrozen(TrainingSpec spec, Segment segment) => spec.Freeze.Any(pattern => Matches(pattern, segment));

    private static bool Matches(string pattern, Segment segment) => FileSystemName.MatchesSimpleExpression(pattern, segment.Name, ignoreCase: false);

    private static string Names(List<Segment> parameters)
    {
        var names = string.Join(", ", parameters.Take(MostNames).Select(parameter => parameter.Name));
        return parameters.Count > MostNames ? $"{names} and {parameters.Count - MostNames} more" : names;
    }
}
