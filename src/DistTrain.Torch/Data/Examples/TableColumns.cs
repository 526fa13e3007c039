namespace DistTrain.Torch.Data.Examples;

/// <summary>How the columns of a table were understood.</summary>
/// <param name="Names">Their names; null for files without a header.</param>
/// <param name="Count">How many there are, the label's included.</param>
/// <param name="Label">0-based column of the label.</param>
public sealed record TableColumns(IReadOnlyList<string>? Names, int Count, int Label)
{
    /// <summary>The label's column was taken because it is the last: neither the job nor a header says so.</summary>
    public bool IsLabelAssumed { get; init; }

    /// <summary>A column for the user, counted from 1: "column 5 ('label')".</summary>
    public string Describe(int column) => Names is null ? $"column {column + 1}" : $"column {column + 1} ('{Names[column]}')";

    /// <summary>0-based column of a feature.</summary>
    public int OfFeature(int feature) => feature < Label ? feature : feature + 1;
}
