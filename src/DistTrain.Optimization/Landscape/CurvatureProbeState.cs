namespace DistTrain.Optimization.Landscape;

/// <summary>All that a probe is between two products.</summary>
/// <param name="Finished">Recursions that are done, first that of the ends: their α and β; their vectors are gone.</param>
/// <param name="Current">The one at work.</param>
/// <param name="Restarts">How often that has begun outside of an invariant subspace.</param>
/// <param name="SmallestVector">Of θ_min, [part.Length]; null until the ends are found.</param>
/// <param name="LargestVector">Of θ_max.</param>
public sealed record CurvatureProbeState<T>(
    IReadOnlyList<(IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas)> Finished,
    LanczosState<T> Current,
    int Restarts,
    Memory<T>? SmallestVector,
    Memory<T>? LargestVector);
