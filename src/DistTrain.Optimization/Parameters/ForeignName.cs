namespace DistTrain.Optimization.Parameters;

/// <summary>Which tensor of a model a tensor in another program's file is.</summary>
/// <param name="Theirs">Its name in the file.</param>
/// <param name="Ours">Its name in the model.</param>
/// <param name="IsTransposed">The file has the transpose of it: a matrix [columns, rows].</param>
public sealed record ForeignName(string Theirs, string Ours, bool IsTransposed = false)
{
    /// <summary>What it is called in other files of the kind. A file may have it under several names, if the values are the same.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Equal runs of rows that the file has the model's tensor in.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Which of them it is, from 0.</summary>
    public int Part { get; init; }

    /// <summary>
    /// Rows of a matrix that is no part of the model's: its first row is added to each row of the model's tensor. A file may lack it; it is written as
    /// zeros. 0: the file has the tensor itself.
    /// </summary>
    public int AddedRows { get; init; }

    /// <summary>What all its elements are where a file lacks it; null: a file may not.</summary>
    public float? Otherwise { get; init; }

    /// <summary>Every name that it may have in a file, the one that it is written under first.</summary>
    internal IEnumerable<string> All => [Theirs, .. Aliases];
}
