using System.Globalization;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Saddle or minimum: a pure function of the gradient's norm and the ends of the spectrum, with its evidence (Dauphin et al. 2014, 1406.2572).
/// <code>
/// ‖g‖ &gt; tolerance                       not a critical point
/// θ_min &lt; −τ and θ_max &gt; τ              saddle, whatever the residuals: λ_min ≤ θ_min and θ_max ≤ λ_max
/// θ_min − residual ≥ −τ, θ_max &gt; τ      minimum; with flat directions where θ_min − residual ≤ τ
/// θ_max + residual ≤ τ,  θ_min &lt; −τ     maximum; with flat directions where θ_max + residual ≥ −τ
/// all within ±τ                         plateau
/// else                                  undecided: more steps
/// </code>
/// Along a flat direction second derivatives decide nothing: a minimum with flat directions may be a saddle of higher order.
/// </summary>
/// <param name="Verdict">What it is.</param>
/// <param name="HasFlatDirections">A minimum or maximum whose curvature is within ±τ along some direction.</param>
/// <param name="GradientNorm">‖g‖.</param>
/// <param name="Smallest">θ_min.</param>
/// <param name="Largest">θ_max.</param>
/// <param name="GradientTolerance">Largest ‖g‖ of a critical point.</param>
/// <param name="CurvatureTolerance">τ.</param>
public sealed record CriticalPoint(
    Verdict Verdict, bool HasFlatDirections, double GradientNorm, RitzValue Smallest, RitzValue Largest, double GradientTolerance, double CurvatureTolerance)
{
    /// <param name="gradientNorm">‖g‖ over the same examples as the spectrum.</param>
    /// <param name="smallest">θ_min of a recursion that began at random.</param>
    /// <param name="largest">θ_max.</param>
    /// <param name="tolerances">What counts as 0.</param>
    /// <exception cref="ArithmeticException">The norm is not a number.</exception>
    public static CriticalPoint Of(double gradientNorm, RitzValue smallest, RitzValue largest, CriticalPointTolerances tolerances)
    {
        if (!double.IsFinite(gradientNorm))
            throw new ArithmeticException($"the gradient's norm is {gradientNorm}");
        var tau = tolerances.Curvature(smallest.Value, largest.Value);
        var (low, high) = (smallest.Value - smallest.Residual, largest.Value + largest.Residual);
        var (verdict, isFlat) = gradientNorm > tolerances.Gradient
            ? (Verdict.NotCritical, false)
            : (smallest.Value < -tau, largest.Value > tau) switch
            {
                (true, true) => (Verdict.Saddle, false),
                (false, true) when low >= -tau => (Verdict.Minimum, low <= tau),
                (true, false) when high <= tau => (Verdict.Maximum, high >= -tau),
                (false, false) when low >= -tau && high <= tau => (Verdict.Plateau, false),
                _ => (Verdict.Undecided, false),
            };
        return new CriticalPoint(verdict, isFlat, gradientNorm, smallest, largest, tolerances.Gradient, tau);
    }

    /// <summary>The verdict in one word, as files and output say it.</summary>
    public string Word => Verdict switch
    {
        Verdict.NotCritical => "not-critical",
        Verdict.Minimum => "minimum",
        Verdict.Saddle => "saddle",
        Verdict.Maximum => "maximum",
        Verdict.Plateau => "plateau",
        _ => "undecided",
    };

    /// <summary>The verdict in words, with what it rests on.</summary>
    public string Reason => Verdict switch
    {
        Verdict.NotCritical => Text($"not a critical point: the gradient's norm {GradientNorm:G3} is above {GradientTolerance:G3}, so there is a way down"),
        Verdict.Saddle => Text($"a saddle: curvature from {Smallest.Value:G4} to {Largest.Value:G4}, both beyond ±{CurvatureTolerance:G3}; the way out is along the first"),
        Verdict.Minimum when HasFlatDirections => Text(
            $"a local minimum as far as second derivatives see: no curvature below −{CurvatureTolerance:G3}, the largest {Largest.Value:G4}; flat in some directions, where they decide nothing"),
        Verdict.Minimum => Text($"a local minimum: all curvature lies above {CurvatureTolerance:G3}, from {Smallest.Value:G4} to {Largest.Value:G4}"),
        Verdict.Maximum when HasFlatDirections => Text(
            $"a local maximum as far as second derivatives see: no curvature above {CurvatureTolerance:G3}, the smallest {Smallest.Value:G4}; flat in some directions, where they decide nothing"),
        Verdict.Maximum => Text($"a local maximum: all curvature lies below −{CurvatureTolerance:G3}, from {Smallest.Value:G4} to {Largest.Value:G4}"),
        Verdict.Plateau => Text($"a plateau: all curvature lies within ±{CurvatureTolerance:G3}, from {Smallest.Value:G3} to {Largest.Value:G3}"),
        _ => Text(
            $"undecided: the ends of the spectrum are known to {Smallest.Residual:G3} and {Largest.Residual:G3} only, and ±{CurvatureTolerance:G3} lies within that; more steps tell"),
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
