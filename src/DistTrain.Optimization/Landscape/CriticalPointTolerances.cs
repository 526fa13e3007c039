namespace DistTrain.Optimization.Landscape;

/// <summary>What counts as 0.</summary>
/// <param name="Gradient">Largest gradient norm of a critical point.</param>
/// <param name="RelativeCurvature">τ as a share of the largest |λ|. Keep it above the rounding of products, about 1e-6 in float32.</param>
/// <param name="AbsoluteCurvature">The least τ: without it nothing would be flat.</param>
public sealed record CriticalPointTolerances(double Gradient = 1e-3, double RelativeCurvature = 1e-4, double AbsoluteCurvature = 1e-6)
{
    /// <summary>τ for a spectrum with these ends.</summary>
    public double Curvature(double smallest, double largest) =>
        Math.Max(AbsoluteCurvature, RelativeCurvature * Math.Max(Math.Abs(smallest), Math.Abs(largest)));
}
