namespace DistTrain.Recipes;

/// <summary>Where a job that starts from a checkpoint begins.</summary>
public static class StartPositions
{
    /// <summary>At step 0, as any job.</summary>
    public const string Start = "start";

    /// <summary>At the checkpoint's step, epoch and place in the data.</summary>
    public const string Keep = "keep";

    public static IReadOnlyList<string> All { get; } = [Start, Keep];
}
