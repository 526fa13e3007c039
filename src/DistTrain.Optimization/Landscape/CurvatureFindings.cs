namespace DistTrain.Optimization.Landscape;

/// <summary>What was found.</summary>
/// <param name="Point">The verdict with its evidence.</param>
/// <param name="Largest">The wanted largest Ritz values, descending.</param>
/// <param name="Smallest">The wanted smallest, ascending.</param>
/// <param name="Products">Products taken in.</param>
/// <param name="Shares">Of positive, zero and negative eigenvalues; null: not asked for.</param>
/// <param name="Trace">tr H; null: not asked for.</param>
/// <param name="Quadrature">For the density; null: not asked for, or all eigenvalues are known.</param>
/// <param name="IsComplete">All eigenvalues are known: shares are counted, the trace is their sum.</param>
public sealed record CurvatureFindings(
    CriticalPoint Point,
    IReadOnlyList<RitzValue> Largest,
    IReadOnlyList<RitzValue> Smallest,
    int Products,
    CurvatureShares? Shares,
    Estimate? Trace,
    Quadrature? Quadrature,
    bool IsComplete)
{
    /// <summary>What recursions that are done say.</summary>
    /// <param name="recursions">Their α and β, first those of the ends.</param>
    /// <param name="gradientNorm">‖g‖ over the same examples.</param>
    /// <param name="dimension">Trainable parameters.</param>
    /// <param name="plan">What was wanted.</param>
    public static CurvatureFindings Of(
        IReadOnlyList<(IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas)> recursions, double gradientNorm, long dimension, CurvaturePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var spectra = recursions.Select(recursion => RitzSpectrum.Of(recursion.Alphas, recursion.Betas)).ToList();
        var ends = spectra[0];
        var point = CriticalPoint.Of(gradientNorm, ends.Smallest, ends.Largest, plan.Tolerances);
        var tau = point.CurvatureTolerance;
        var isComplete = ends.Values.Count == dimension;
        var quadrature = spectra.Count > 1 ? new Quadrature([.. spectra.Skip(1)], dimension, plan.Confidence) : null;
        return new CurvatureFindings(
            point,
            [.. ends.Values.Reverse().Take(plan.Ends.Largest)],
            [.. ends.Values.Take(plan.Ends.Smallest)],
            spectra.Sum(spectrum => spectrum.Values.Count),
            isComplete ? CurvatureShares.Count(ends, tau) : quadrature?.Shares(tau),
            isComplete ? new Estimate(ends.Values.Sum(value => value.Value), 0) : quadrature?.Trace(),
            quadrature,
            isComplete);
    }
}
