using DistTrain.Optimization.Options;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Reading;

/// <summary>Reads a section that names a policy and gives its options.</summary>
internal static class PolicyReader
{
    /// <summary>The policy with all its options resolved; null when something is wrong, which the findings then say.</summary>
    /// <param name="section">The section, or null when it is absent: then the default policy.</param>
    /// <param name="path">Path of the section.</param>
    /// <param name="origin">Where a missing option is reported when there is no section.</param>
    /// <param name="catalog">The policies to choose from.</param>
    /// <param name="findings">Receives the problems.</param>
    public static PolicyRecipe? Read(MapNode? section, string path, Origin origin, PolicyCatalog catalog, Findings findings)
    {
        section ??= new MapNode(origin);
        var name = catalog.Default;
        if (section.Find("name") is { } node)
        {
            // Without a valid name nobody can say which options are right.
            if (new ChoiceRule(catalog.Noun, catalog.Names).Read(node, $"{path}.name", findings) is not string given)
                return null;
            name = given;
        }

        var options = catalog[name].Options;
        var values = OptionReader.Read(section, path, name, [.. options.Select(o => JobKey.Of(path, o))], "name", findings);
        return options.Any(o => o.Default is null && !values.ContainsKey(o.Name))
            ? null
            : new PolicyRecipe(name, new OptionValues(options, values));
    }
}
