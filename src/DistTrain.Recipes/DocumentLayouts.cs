namespace DistTrain.Recipes;

/// <summary>What of a text an example is, by the names of the job file.</summary>
public static class DocumentLayouts
{
    /// <summary>As many tokens as the context has, one after the other, wherever documents begin and end.</summary>
    public const string Packed = "packed";

    /// <summary>A document, which is a line: shorter ones are padded.</summary>
    public const string Padded = "padded";

    public static IReadOnlyList<string> All { get; } = [Packed, Padded];
}
