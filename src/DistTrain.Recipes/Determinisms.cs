namespace DistTrain.Recipes;

/// <summary>On which processors a job has the same bits.</summary>
public static class Determinisms
{
    /// <summary>On all of one kind: libraries compute with the newest instructions that the kind has.</summary>
    public const string Host = "host";

    /// <summary>On all with AVX2: no library computes with anything newer.</summary>
    public const string Portable = "portable";

    public static IReadOnlyList<string> All { get; } = [Host, Portable];
}
