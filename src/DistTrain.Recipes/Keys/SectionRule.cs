using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A section: other keys of the table stand in it. Read as its <see cref="MapNode"/>.</summary>
internal class SectionRule : ValueRule
{
    public override string Text => "a section";

    public override ValueSchema Schema => ValueSchema.Section;

    public override object? Read(Node node, string path, Findings findings)
    {
        if (node is MapNode)
            return node;
        findings.Add(node.Origin, path, $"{ShapeOf(node)}; give {Text}");
        return null;
    }
}
