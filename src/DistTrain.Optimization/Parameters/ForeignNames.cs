namespace DistTrain.Optimization.Parameters;

/// <summary>What another program's files call the tensors of a model.</summary>
/// <param name="Names">Those that have another name than the model's, or are cut otherwise; of each tensor all of its parts in order, and what is added last.</param>
public sealed record ForeignNames(IReadOnlyList<ForeignName> Names)
{
    /// <summary>All have the model's names.</summary>
    public static ForeignNames None { get; } = new([]);

    /// <summary>Tensors that such a file may have and the model has no use for.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>What a file has to have, in the order of a layout.</summary>
    internal IEnumerable<TensorPlace> PlacesIn(ParameterLayout layout)
    {
        var names = Names.ToLookup(name => name.Ours, StringComparer.Ordinal);
        return SavedTensor.Of(layout).SelectMany(tensor =>
            names.Contains(tensor.Name) ? names[tensor.Name].Select(name => new TensorPlace(tensor, name)) : [new TensorPlace(tensor, new ForeignName(tensor.Name, tensor.Name))]);
    }
}
