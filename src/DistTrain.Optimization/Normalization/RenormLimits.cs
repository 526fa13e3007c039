namespace DistTrain.Optimization.Normalization;

/// <summary>How far batch renormalization may correct a batch's statistics in one pass.</summary>
/// <param name="R">r lies in [1/R, R]; at least 1.</param>
/// <param name="D">d lies in [−D, D]; at least 0.</param>
public readonly record struct RenormLimits(double R, double D)
{
    /// <summary>No correction: plain BatchNorm.</summary>
    public static RenormLimits None => new(1, 0);
}
