namespace DistTrain.Optimization.Landscape;

/// <summary>A share of the eigenvalues.</summary>
/// <param name="Estimate">With the error bar of the random directions.</param>
/// <param name="Low">What the recursions do not rule out, however many directions: they were too short to tell.</param>
/// <param name="High">The same on the other side.</param>
public readonly record struct ShareEstimate(Estimate Estimate, double Low, double High);

/// <summary>How many of the eigenvalues are positive, zero and negative, each as a share of all. The positive one is the minimum ratio.</summary>
/// <param name="Tolerance">τ: zero is what lies within ±τ.</param>
/// <param name="Positive">Above τ.</param>
/// <param name="Zero">From −τ to τ.</param>
/// <param name="Negative">Below −τ.</param>
public sealed record CurvatureShares(double Tolerance, ShareEstimate Positive, ShareEstimate Zero, ShareEstimate Negative)
{
    /// <summary>Counted, from a complete basis (<see cref="Lanczos{T}.IsComplete"/>): no error bars.</summary>
    /// <param name="spectrum">All eigenvalues, as often as they occur.</param>
    /// <param name="tolerance">τ.</param>
    public static CurvatureShares Count(RitzSpectrum spectrum, double tolerance)
    {
        ShareEstimate Of(Func<double, bool> isIn)
        {
            var share = (double)spectrum.Values.Count(value => isIn(value.Value)) / spectrum.Values.Count;
            return new ShareEstimate(new Estimate(share, 0), share, share);
        }

        return new CurvatureShares(tolerance, Of(value => value > tolerance), Of(value => Math.Abs(value) <= tolerance), Of(value => value < -tolerance));
    }
}
