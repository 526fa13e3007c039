using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>Reads the options of a policy or layer.</summary>
internal static class OptionReader
{
    /// <summary>The values given in <paramref name="map"/>, by name of option; those that are not allowed are left out and reported.</summary>
    /// <param name="map">The section; options stand beside <paramref name="beside"/>.</param>
    /// <param name="path">Path of the section.</param>
    /// <param name="owner">Whose options they are: "momentum".</param>
    /// <param name="options">The options there are.</param>
    /// <param name="beside">A key of the section that is no option, or null.</param>
    /// <param name="findings">Receives the problems.</param>
    public static Dictionary<string, object> Read(
        MapNode map, string path, string owner, IReadOnlyList<JobKey> options, string? beside, Findings findings)
    {
        var given = new Dictionary<string, object>();
        foreach (var entry in map.Entries.Where(e => e.Key != beside))
        {
            if (options.FirstOrDefault(o => o.Name == entry.Key) is not { } option)
                findings.Add(entry.Origin, $"{path}.{entry.Key}", NotAnOption(owner, options), entry.Key, NearestName.Of(entry.Key, [.. options.Select(o => o.Name)]));
            else if (!entry.Value.IsNull && option.Rule.Read(entry.Value, $"{path}.{entry.Key}", findings) is { } value)
                given[option.Name] = value;
        }

        foreach (var option in options.Where(o => o.IsRequired && map.Find(o.Name) is null))
            findings.Add(map.Origin, $"{path}.{option.Name}", $"is missing; {owner} needs it: give {option.Rule.Text}");
        return given;
    }

    private static string NotAnOption(string owner, IReadOnlyList<JobKey> options) => options.Count == 0
        ? $"is not an option of {owner}, which has none"
        : $"is not an option of {owner}; use {string.Join(", ", options.Select(o => o.Name))}";
}
