using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>A section with a policy's name and, beside it, the options of that policy.</summary>
internal sealed class PolicyRule(PolicyCatalog catalog) : SectionRule
{
    public PolicyCatalog Catalog => catalog;

    public override string Text { get; } =
        $"a section with the {catalog.Word}'s name and its options, e.g. {{name: {catalog.Default}}}";

    /// <summary>An option that several policies have is as wide as the widest of them; what is no option of the one that is named, the reader finds.</summary>
    public override ValueSchema Schema { get; } = ValueSchema.Section with
    {
        Properties = [.. catalog.Policies.SelectMany(p => p.Options).GroupBy(o => o.Name).Select(same => (same.Key, Describe(catalog, [.. same])))],
    };

    private static ValueSchema Describe(PolicyCatalog catalog, IReadOnlyList<Option> same)
    {
        var owners = catalog.Policies.Where(p => p.Options.Any(o => o.Name == same[0].Name)).Select(p => p.Name);
        return same.Select(o => Of(o).Schema).Aggregate(ValueSchema.Widest) with { Description = $"{same[0].Description} (of {string.Join(", ", owners)})" };
    }
}
