namespace DistTrain.Recipes;

/// <summary>Over which examples BatchNorm takes its statistics. The closed list: a new scope is named here first.</summary>
public static class BatchNormScopes
{
    /// <summary>Each rank's micro-batch by itself.</summary>
    public const string Local = "local";

    public static IReadOnlyList<string> All { get; } = [Local];
}
