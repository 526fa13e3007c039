namespace DistTrain.Optimization.Parameters;

/// <summary>Why saved tensors are not those of a model, one line a tensor.</summary>
public static class TensorDifferences
{
    private const string Type = "F32";

    /// <param name="layout">What the model needs.</param>
    /// <param name="saved">What is there.</param>
    /// <returns>Missing, of another type or shape, in layout order; then those that nobody asked for. Empty: they fit.</returns>
    public static IReadOnlyList<string> Between(ParameterLayout layout, IReadOnlyList<SafeTensor> saved)
    {
        var wanted = SavedTensor.Of(layout);
        var found = saved.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var names = wanted.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. wanted.Select(tensor => Difference(tensor, found.GetValueOrDefault(tensor.Name))).OfType<string>(),
            .. saved.Where(tensor => !names.Contains(tensor.Name)).Select(tensor => $"unexpected: {tensor.Name} {tensor.Type} [{string.Join(',', tensor.Shape)}]"),
        ];
    }

    /// <summary>The same for what was saved in another layout.</summary>
    public static IReadOnlyList<string> Between(ParameterLayout layout, ParameterLayout saved) =>
        Between(layout, [.. SavedTensor.Of(saved).Select(tensor => new SafeTensor(tensor.Name, Type, [.. tensor.Shape.Select(side => (long)side)], 0, sizeof(float) * (long)tensor.Length))]);

    private static string? Difference(SavedTensor tensor, SafeTensor? there)
    {
        var shape = string.Join(',', tensor.Shape);
        if (there is null)
            return $"missing: {tensor.Name} {Type} [{shape}]";
        if (!string.Equals(there.Type, Type, StringComparison.Ordinal))
            return $"other type: {tensor.Name} is {there.Type}, {Type} is needed";
        return there.Shape.SequenceEqual(tensor.Shape.Select(side => (long)side))
            ? null
            : $"other shape: {tensor.Name} is [{string.Join(',', there.Shape)}], [{shape}] is needed";
    }
}
