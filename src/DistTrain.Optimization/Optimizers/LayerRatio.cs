namespace DistTrain.Optimization.Optimizers;

/// <summary>The ratio of norms that scales a tensor's step.</summary>
internal static class LayerRatio
{
    // Times a rate it is still a float32.
    private const double Largest = 1e30;

    /// <summary>
    /// <paramref name="length"/> / <paramref name="divisor"/>; 1 when the divisor is as good as 0 beside it: a gradient that has died away
    /// (Adam's mean of zeros is 1e-38 after 830 steps) would else be scaled by a factor that float32 does not have, and 0 by infinity is no number.
    /// </summary>
    public static double Of(double length, double divisor) => length > Largest * divisor ? 1 : length / divisor;
}
