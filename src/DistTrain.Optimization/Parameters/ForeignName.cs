namespace DistTrain.Optimization.Parameters;

/// <summary>Which tensor of a model a tensor in another program's file is.</summary>
/// <param name="Theirs">Its name in the file.</param>
/// <param name="Ours">Its name in the model.</param>
/// <param name="IsTransposed">The file has the transpose of it: a matrix [columns, rows].</param>
public sealed record ForeignName(string Theirs, string Ours, bool IsTransposed = false)
{
    /// <summary>The tensors of a file under the model's names; those that no name is given for keep their own.</summary>
    /// <param name="tensors">As the file has them.</param>
    /// <param name="names">Each name of the file and of the model at most once.</param>
    public static IReadOnlyList<SafeTensor> Rename(IReadOnlyList<SafeTensor> tensors, IReadOnlyList<ForeignName> names)
    {
        var ours = names.ToDictionary(name => name.Theirs, StringComparer.Ordinal);
        return [.. tensors.Select(tensor => ours.TryGetValue(tensor.Name, out var name) ? name.Of(tensor) : tensor)];
    }

    private SafeTensor Of(SafeTensor tensor) => tensor with
    {
        Name = Ours,
        SavedAs = Theirs,
        Shape = IsTransposed ? [.. tensor.Shape.Reverse()] : tensor.Shape,
        IsTransposed = IsTransposed,
    };
}
