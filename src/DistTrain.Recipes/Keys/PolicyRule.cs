namespace DistTrain.Recipes.Keys;

/// <summary>A section with a policy's name and, beside it, the options of that policy.</summary>
internal sealed class PolicyRule(PolicyCatalog catalog) : SectionRule
{
    public PolicyCatalog Catalog => catalog;

    public override string Text { get; } =
        $"a section with the {catalog.Word}'s name and its options, e.g. {{name: {catalog.Default}}}";
}
