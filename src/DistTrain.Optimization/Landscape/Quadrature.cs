namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Stochastic Lanczos quadrature (Ubaru, Chen and Saad 2017; Golub and Meurant 2010): for a random direction v with E vvᵀ = I/n, the Ritz values of
/// a recursion from v, with their weights, are the nodes of the Gauss quadrature of v's spectral measure, and
/// <code>
/// (1/n) Σᵢ f(λᵢ) = tr f(H)/n ≈ mean over directions of Σₖ weightₖ f(θₖ)
/// </code>
/// A mean over directions has an error bar. A recursion that was cut off leaves besides which side of a limit some weight belongs to; that has bounds,
/// not bars: <see cref="ShareEstimate"/>. The density is <see cref="SpectralDensity"/>.
/// </summary>
public sealed class Quadrature
{
    private readonly IReadOnlyList<RitzSpectrum> _probes;
    private readonly double _confidence;

    /// <param name="probes">The spectrum from each random direction, at least one. Recursions that did not begin again.</param>
    /// <param name="dimension">n, the trainable parameters.</param>
    /// <param name="confidence">Of the error bars.</param>
    public Quadrature(IReadOnlyList<RitzSpectrum> probes, long dimension, double confidence = 0.95) =>
        (_probes, Dimension, _confidence) = (probes, dimension, confidence);

    public long Dimension { get; }

    /// <summary>tr H, by Hutchinson's estimate: the mean of n·v·Hv. No quadrature is in it: any number of products gives the same.</summary>
    public Estimate Trace() => Estimate.Of([.. _probes.Select(probe => Dimension * probe.Values.Sum(node => node.Weight * node.Value))], _confidence);

    /// <summary>The shares of positive, zero and negative eigenvalues.</summary>
    /// <param name="tolerance">τ: zero is what lies within ±τ.</param>
    public CurvatureShares Shares(double tolerance) => new(
        tolerance,
        Share(value => value > tolerance, tolerance, double.PositiveInfinity),
        Share(value => Math.Abs(value) <= tolerance, -tolerance, tolerance),
        Share(value => value < -tolerance, double.NegativeInfinity, -tolerance));

    private ShareEstimate Share(Func<double, bool> isIn, double from, double to)
    {
        var estimate = Estimate.Of([.. _probes.Select(probe => probe.Values.Where(node => isIn(node.Value)).Sum(node => node.Weight))], _confidence);
        var bounds = _probes.Select(probe => Bounds(probe, isIn, from, to)).ToList();
        return new ShareEstimate(estimate, bounds.Sum(b => b.Low) / bounds.Count, bounds.Sum(b => b.High) / bounds.Count);
    }

    /// <summary>
    /// The separation theorem of Chebyshev, Markov and Stieltjes (Szegő, "Orthogonal polynomials", section 3.41): up to a limit c lies at least the
    /// weight of the nodes below c but the last of them, and at most that of these and of the first beyond.
    /// </summary>
    private static (double Low, double High) Bounds(RitzSpectrum probe, Func<double, bool> isIn, double from, double to)
    {
        var nodes = probe.Values;
        var inside = nodes.Where(node => isIn(node.Value)).ToList();
        var all = inside.Sum(node => node.Weight);
        if (probe.IsInvariant)
            return (all, all);
        var (low, high) = (all, all);
        if (double.IsFinite(from))
            (low, high) = (low - WeightOf(inside, 0), high + nodes.LastOrDefault(node => node.Value <= from && !isIn(node.Value)).Weight);
        if (double.IsFinite(to))
            (low, high) = (low - WeightOf(inside, inside.Count - 1), high + nodes.FirstOrDefault(node => node.Value >= to && !isIn(node.Value)).Weight);
        return (Math.Max(0, low), Math.Min(1, high));
    }

    private static double WeightOf(List<RitzValue> nodes, int index) => nodes.Count == 0 ? 0 : nodes[index].Weight;
}
