namespace DistTrain.Optimization.Parameters;

/// <summary>A place in a model for one tensor of a file.</summary>
/// <param name="Ours">The model's tensor.</param>
/// <param name="Name">What the file calls it, and which part of it the file's tensor is.</param>
internal sealed record TensorPlace(SavedTensor Ours, ForeignName Name)
{
    public bool IsAdded => Name.AddedRows > 0;

    /// <summary>A file may lack it.</summary>
    public bool IsOptional => IsAdded || Name.Otherwise is not null;

    /// <summary>Shape of the part, as the model has it; of what is added, as it is written.</summary>
    public IReadOnlyList<int> Shape =>
        IsAdded ? [Name.AddedRows, Ours.Shape[^1]]
        : Name.Parts > 1 ? [Ours.Shape[0] / Name.Parts, .. Ours.Shape.Skip(1)]
        : Ours.Shape;

    /// <summary>Elements of the part.</summary>
    public int Length => Ours.Length / Name.Parts;

    /// <summary>Its first element in the model's tensor.</summary>
    public int Offset => Name.Part * Length;

    /// <summary>For errors.</summary>
    /// <param name="theirs">What the file calls it.</param>
    public string Title(string theirs) => theirs == Ours.Name ? theirs : $"{Ours.Name}, in the file {theirs},";
}
