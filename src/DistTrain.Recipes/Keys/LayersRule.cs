using DistTrain.Recipes.Documents;

namespace DistTrain.Recipes.Keys;

/// <summary>A list of layers; read as a list of <see cref="LayerRecipe"/>.</summary>
internal sealed class LayersRule : ValueRule
{
    public override string Text => "a list of layers";

    public override ValueSchema Schema { get; } = ValueSchema.ListOf(new ValueSchema(Type: null)) with { MinItems = 1, MaxItems = LayerForms.MaximumLayers };

    public override object? Read(Node node, string path, Findings findings) => LayerReader.Read(node, path, findings);
}
