namespace DistTrain.Optimization.Landscape;

/// <summary>What is to be found out about the curvature at a version.</summary>
/// <param name="Ends">The eigenvalues at both ends.</param>
/// <param name="Tolerances">What counts as 0.</param>
/// <param name="Directions">Random directions of the quadrature, at least 2 for error bars; 0: no shares, no trace.</param>
/// <param name="DirectionSteps">Products of each of them.</param>
/// <param name="Seed">Of all random directions.</param>
/// <param name="Kind">Their distribution.</param>
/// <param name="Confidence">Of the error bars.</param>
public sealed record CurvaturePlan(
    LanczosGoal Ends,
    CriticalPointTolerances Tolerances,
    int Directions = 8,
    int DirectionSteps = 20,
    long Seed = 1,
    ProbeDirectionKind Kind = ProbeDirectionKind.Rademacher,
    double Confidence = 0.95);
