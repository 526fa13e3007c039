namespace DistTrain.Optimization.Parameters;

/// <summary>The tensors of a file, each at its place in a model.</summary>
/// <param name="Places">All places, in layout order.</param>
/// <param name="Left">Tensors that have no place, with what errors call them.</param>
internal sealed record TensorMatch(IReadOnlyList<TensorFound> Places, IReadOnlyList<(SafeTensor Tensor, string Title)> Left)
{
    /// <param name="layout">The model's.</param>
    /// <param name="tensors">The file's.</param>
    /// <param name="names">What the file calls them.</param>
    public static TensorMatch Of(ParameterLayout layout, IReadOnlyList<SafeTensor> tensors, ForeignNames names)
    {
        var there = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        List<TensorFound> places = [.. names.PlacesIn(layout).Select(place => new TensorFound(place, [.. place.Name.All.Where(there.ContainsKey).Select(name => there[name])]))];
        var taken = places.SelectMany(place => place.Found).Select(tensor => tensor.Name).Concat(names.Unused).ToHashSet(StringComparer.Ordinal);
        return new TensorMatch(places, [.. tensors.Where(tensor => !taken.Contains(tensor.Name)).Select(tensor => (tensor, Title(tensor)))]);

        // It may have been given to something that the model does not have.
        string Title(SafeTensor tensor) => names.Names.FirstOrDefault(name => name.Theirs == tensor.Name) is { } name ? $"{name.Ours}, in the file {tensor.Name}," : tensor.Name;
    }
}

/// <summary>What a file has for a place.</summary>
/// <param name="Place">The place.</param>
/// <param name="Found">The tensors that bear one of its names, the first of which is read.</param>
internal sealed record TensorFound(TensorPlace Place, IReadOnlyList<SafeTensor> Found)
{
    /// <summary>Why one of them can't be what the place is for; null: it can.</summary>
    public string? Difference(SafeTensor there)
    {
        var title = Place.Title(there.Name);
        if (!TensorTypes.IsKnown(there.Type))
            return $"other type: {title} is {there.Type}, {TensorTypes.Known} is needed";
        if (Place.Name.IsTransposed && there.Shape.Count != 2)
            return $"no matrix: {title} has {there.Shape.Count} sides, and transpose is for two";
        if (Place.IsAdded && there.Shape is [> 0, var width] && width == Place.Shape[1])
            return null;
        var shape = Place.Name.IsTransposed ? [.. there.Shape.Reverse()] : there.Shape;
        return shape.SequenceEqual(Place.Shape.Select(side => (long)side))
            ? null
            : $"other shape: {title} is [{string.Join(',', shape)}], [{string.Join(',', Place.Shape)}] is needed";
    }
}
