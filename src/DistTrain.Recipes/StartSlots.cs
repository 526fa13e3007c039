namespace DistTrain.Recipes;

/// <summary>What becomes of the optimizer's slots that a checkpoint has, where another job starts from it.</summary>
public static class StartSlots
{
    /// <summary>They start at 0, as those of any job.</summary>
    public const string Drop = "drop";

    /// <summary>They are taken over.</summary>
    public const string Keep = "keep";

    public static IReadOnlyList<string> All { get; } = [Drop, Keep];
}
