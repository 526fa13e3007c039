namespace DistTrain.Optimization.Parameters;

/// <summary>Why saved tensors are not those of a model, one line a tensor.</summary>
public static class TensorDifferences
{
    /// <param name="layout">What the model needs.</param>
    /// <param name="saved">What is there.</param>
    /// <returns>Missing, of another type or shape, in layout order; then those that nobody asked for. Empty: they fit.</returns>
    public static IReadOnlyList<string> Between(ParameterLayout layout, IReadOnlyList<SafeTensor> saved)
    {
        var wanted = SavedTensor.Of(layout);
        var found = saved.ToLookup(tensor => tensor.Name, StringComparer.Ordinal);
        var names = wanted.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. wanted.Select(tensor => Difference(tensor, [.. found[tensor.Name]])).OfType<string>(),
            .. saved.Where(tensor => !names.Contains(tensor.Name)).Select(tensor => $"unexpected: {tensor.Title} {tensor.Type} [{string.Join(',', tensor.Shape)}]"),
        ];
    }

    /// <summary>The same for what was saved in another layout.</summary>
    public static IReadOnlyList<string> Between(ParameterLayout layout, ParameterLayout saved) =>
        Between(layout, [.. SavedTensor.Of(saved).Select(tensor => new SafeTensor(tensor.Name, TensorTypes.Float32, [.. tensor.Shape.Select(side => (long)side)], 0, sizeof(float) * (long)tensor.Length))]);

    private static string? Difference(SavedTensor tensor, IReadOnlyList<SafeTensor> saved)
    {
        var shape = string.Join(',', tensor.Shape);
        if (saved.Count == 0)
            return $"missing: {tensor.Name} {TensorTypes.Float32} [{shape}]";
        if (saved.Count > 1)
            return $"twice: {tensor.Name} is {string.Join(" and ", saved.Select(one => one.SavedAs ?? one.Name))} of the file";
        var there = saved[0];
        if (!TensorTypes.IsKnown(there.Type))
            return $"other type: {there.Title} is {there.Type}, {TensorTypes.Known} is needed";
        if (there.IsTransposed && there.Shape.Count != 2)
            return $"no matrix: {there.Title} has {there.Shape.Count} sides, and transpose is for two";
        return there.Shape.SequenceEqual(tensor.Shape.Select(side => (long)side))
            ? null
            : $"other shape: {there.Title} is [{string.Join(',', there.Shape)}], [{shape}] is needed";
    }
}
