namespace DistTrain.Optimization.Landscape;

/// <summary>What is to be found out about the curvature at a version.</summary>
/// <param name="Ends">The eigenvalues at both ends.</param>
/// <param name="Tolerances">What counts as 0.</param>
/// <param name="Directions">Random directions of the quadrature, at least 2 for error bars; 0: no shares, no trace.</param>
/// <param name="DirectionSteps">Products of each of them.</param>
/// <param name="Seed">Of all random directions.</param>
/// <param name="Kind">Their distribution.</param>
/// <param name="Confidence">Of the error bars.</param>
/// <param name="Sharpness">How far the loss rises in boxes around the version; null: not asked for.</param>
public sealed record CurvaturePlan(
    LanczosGoal Ends,
    CriticalPointTolerances Tolerances,
    int Directions = 8,
    int DirectionSteps = 20,
    long Seed = 1,
    ProbeDirectionKind Kind = ProbeDirectionKind.Rademacher,
    double Confidence = 0.95,
    SharpnessPlan? Sharpness = null)
{
    /// <summary>Most products, and passes of boxes, that a probe of it asks for.</summary>
    /// <param name="dimension">Trainable parameters.</param>
    public long MostProducts(long dimension) =>
        Math.Min(Ends.Steps, dimension) + (Directions * Math.Min(DirectionSteps, dimension)) + (Sharpness?.MostPasses ?? 0);

    /// <summary>
    /// Bytes that recursions and searches hold for each element: a basis or the columns of a subspace, the next vector, a product, both ends' vectors, and one
    /// at work; a search, which comes behind the recursions, has two points besides.
    /// </summary>
    /// <param name="dimension">Trainable parameters.</param>
    /// <param name="size">Bytes of an element: 4 or 8.</param>
    public long BytesPerElement(long dimension, int size)
    {
        var basis = Math.Min(Math.Max(Ends.Steps, DirectionSteps), dimension);
        var points = Sharpness is { } boxes ? Math.Min(boxes.Subspace, dimension) + 2 : 0;
        return (size * (Math.Max(basis, points) + 4)) + sizeof(double);
    }
}
