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
    bool IsComplete);
