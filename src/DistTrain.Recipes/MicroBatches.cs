namespace DistTrain.Recipes;

/// <summary>What a job may say of its micro-batch beside a number.</summary>
public static class MicroBatches
{
    /// <summary>The silo that takes the job in finds the number: from then on the job says it, because it decides bits.</summary>
    public const string Auto = "auto";

    /// <summary>The number of a job that leaves it open: nothing bounds a pass yet but a rank's share. Sums with it stay whole numbers.</summary>
    public const int Open = 1 << 30;

    /// <summary>Most that a job may say.</summary>
    public const int Largest = 1_048_576;
}
