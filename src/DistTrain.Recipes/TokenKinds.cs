namespace DistTrain.Recipes;

/// <summary>What a token of a text is, by the names of the job file.</summary>
public static class TokenKinds
{
    /// <summary>A Unicode scalar value that the training text has.</summary>
    public const string Characters = "characters";

    /// <summary>A byte of the file, one of 256.</summary>
    public const string Bytes = "bytes";

    public static IReadOnlyList<string> All { get; } = [Characters, Bytes];
}
