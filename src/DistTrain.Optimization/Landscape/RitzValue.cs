namespace DistTrain.Optimization.Landscape;

/// <summary>An estimate of an eigenvalue, by the recursion so far.</summary>
/// <param name="Value">θ; the largest is never above the matrix's largest eigenvalue, the smallest never below its smallest.</param>
/// <param name="Residual">‖Hy − θy‖ of its vector y: an eigenvalue lies within this distance of θ (up to the rounding of the products).</param>
/// <param name="Weight">Square of the first component of its vector: the share of the first direction that lies along it.</param>
public readonly record struct RitzValue(double Value, double Residual, double Weight);
