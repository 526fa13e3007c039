namespace DistTrain.Optimization.Landscape;

/// <summary>All that a recursion is: what it saves after each vector, and goes on from with the same bits.</summary>
/// <param name="Basis">Orthonormal vectors v₀, v₁, …, each [part.Length]; the last one's product is awaited when there is one more than of alphas.</param>
/// <param name="Alphas">Diagonal of the tridiagonal matrix: αⱼ = vⱼ·Hvⱼ.</param>
/// <param name="Betas">Beside it: βⱼ couples vⱼ and vⱼ₊₁, 0 where the recursion began again; as many as alphas.</param>
public sealed record LanczosState<T>(IReadOnlyList<Memory<T>> Basis, IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas);
