namespace DistTrain.Recipes.Keys;

/// <summary>How one kind of layer is written in the job file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Description">One clause.</param>
/// <param name="Options">
/// Its options in order. The first may be given alone: <c>linear: 128</c>; where none is required, the name stands alone: <c>relu</c>.
/// </param>
/// <param name="Build">The layer from the options' values, in their order; null for one that is absent and has no default.</param>
/// <param name="Parts">The options' values of a layer of this form, in their order, null for one that is absent; null when the layer is of another.</param>
internal sealed record LayerForm(
    string Name,
    string Description,
    IReadOnlyList<JobKey> Options,
    Func<IReadOnlyList<object?>, LayerRecipe> Build,
    Func<LayerRecipe, IReadOnlyList<object?>?> Parts)
{
    /// <summary>What is wrong with options that are each allowed, or null: the option, and the rule.</summary>
    public Func<IReadOnlyList<object?>, (string Option, string Rule)?> Problem { get; init; } = _ => null;
}
