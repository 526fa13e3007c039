namespace DistTrain.Optimization.Parameters;

/// <summary>Why saved tensors are not those of a model, one line a tensor.</summary>
public static class TensorDifferences
{
    /// <param name="layout">What the model needs.</param>
    /// <param name="saved">The layout that was saved.</param>
    /// <returns>Missing, of another type or shape, in layout order; then those that nobody asked for. Empty: they fit.</returns>
    public static IReadOnlyList<string> Between(ParameterLayout layout, ParameterLayout saved) =>
        Of(TensorMatch.Of(
            layout,
            [.. SavedTensor.Of(saved).Select(tensor => new SafeTensor(tensor.Name, TensorTypes.Float32, [.. tensor.Shape.Select(side => (long)side)], 0, sizeof(float) * (long)tensor.Length))],
            ForeignNames.None));

    /// <summary>The same of a file's tensors.</summary>
    internal static IReadOnlyList<string> Of(TensorMatch match) =>
    [
        .. match.Places.SelectMany(Differences),
        .. match.Left.Select(left => $"unexpected: {left.Title} {left.Tensor.Type} [{string.Join(',', left.Tensor.Shape)}]"),
    ];

    private static IEnumerable<string> Differences(TensorFound there) =>
        there.Found.Count > 0 ? there.Found.Select(there.Difference).OfType<string>()
        : there.Place.IsOptional ? []
        : [$"missing: {there.Place.Title(there.Place.Name.Theirs)} {TensorTypes.Float32} [{string.Join(',', there.Place.Shape)}]"];
}
