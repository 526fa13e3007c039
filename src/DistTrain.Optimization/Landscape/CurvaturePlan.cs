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
    double Confidence = 0.95)
{
    /// <summary>Most products that a probe of it asks for.</summary>
    /// <param name="dimension">Trainable parameters.</param>
    public long MostProducts(long dimension) => Math.Min(Ends.Steps, dimension) + (Directions * Math.Min(DirectionSteps, dimension));

    /// <summary>Bytes that the recursion holds for each element: basis, the next vector, a product, both ends' vectors, and one at work.</summary>
    /// <param name="dimension">Trainable parameters.</param>
    /// <param name="size">Bytes of an element: 4 or 8.</param>
    public long BytesPerElement(long dimension, int size) => (size * (Math.Min(Math.Max(Ends.Steps, DirectionSteps), dimension) + 4)) + sizeof(double);
}
