namespace DistTrain.Recipes;

/// <summary>What is told of an example, by the names of the job file.</summary>
public static class TaskNames
{
    /// <summary>Its class: of images and rows of tables.</summary>
    public const string Classification = "classification";

    /// <summary>A number: of rows of tables.</summary>
    public const string Regression = "regression";

    /// <summary>Of text each next token, from those before it.</summary>
    public const string NextToken = "nextToken";

    /// <summary>Of text some tokens, from those around them (1810.04805, section 3.1).</summary>
    public const string MaskedToken = "maskedToken";

    public static IReadOnlyList<string> All { get; } = [Classification, Regression, NextToken, MaskedToken];
}
